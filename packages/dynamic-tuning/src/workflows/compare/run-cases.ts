import { clearRunFolder } from '../../io/run-folder.ts'
import type { RunSummary } from '../summary.ts'
import type { CompareControl } from './compare.ts'
import { inParallel } from './in-parallel.ts'
import type { CompareCase } from './plan.ts'
import type { PlannedRun } from './plan-runs.ts'
import type { RunState } from './run-state.ts'
import { type JobEnd, startFinetune } from './start-finetune.ts'
import { summarizeCase } from './summarize-cases.ts'

/** How each run ended, in the order of the plan. */
export type RunEnds = ReadonlyMap<PlannedRun, Exclude<JobEnd, { kind: 'stopped' }>>

/** Does all runs that `states` does not know as finished; undefined where `signal` stopped them. */
export async function runCases(
  runs: readonly PlannedRun[],
  states: readonly RunState[],
  control: CompareControl & { readonly jobs: number },
): Promise<RunEnds | undefined> {
  const { jobs, signal, onStart, onRun } = control
  const ends = new Map<PlannedRun, Exclude<JobEnd, { kind: 'stopped' }>>()
  for (const [i, state] of states.entries())
    if (typeof state === 'object') ends.set(runs[i] as PlannedRun, { kind: 'finished', summary: state })
  const cases = [...new Set(runs.map((run) => run.case.name))]
  onStart?.({ cases, runs: runs.length, finished: ends.size, jobs })
  const left = runs.filter((run) => !ends.has(run))
  await inParallel(left, jobs, async (run) => {
    if (signal?.aborted) return
    const end = await runOne(run, states[run.number - 1] as RunState, control)
    if (end.kind !== 'stopped') ends.set(run, end)
    onRun?.(run, end)
    tellCase(run.case, runs, ends, control)
  })
  if (ends.size < runs.length) return undefined
  return new Map(runs.map((run) => [run, ends.get(run) as Exclude<JobEnd, { kind: 'stopped' }>]))
}

async function runOne(run: PlannedRun, state: RunState, control: CompareControl): Promise<JobEnd> {
  const { input, path, log } = run
  try {
    // What was killed before its first checkpoint has nothing to go on from.
    if (state === 'begun') clearRunFolder(path)
    const job = { input, out: path, resume: state === 'stopped', log }
    return await startFinetune(job, {
      signal: control.signal,
      onStep: (metrics, total) => control.onStep?.(run, metrics, total),
    })
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}

function tellCase(
  wanted: CompareCase,
  runs: readonly PlannedRun[],
  ends: RunEnds,
  { onCase }: CompareControl,
): void {
  const own = runs.filter((run) => run.case === wanted)
  const summaries = summariesOf(own, ends)
  if (own.every((run) => ends.has(run)) && summaries.length > 0)
    onCase?.(summarizeCase(wanted, summaries, null))
}

/** The summaries of those runs that ended well. */
export function summariesOf(runs: readonly PlannedRun[], ends: RunEnds): RunSummary[] {
  return runs.flatMap((run) => {
    const end = ends.get(run)
    return end?.kind === 'finished' ? [end.summary] : []
  })
}
