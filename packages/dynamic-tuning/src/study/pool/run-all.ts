import { untilFree } from '../../io/run-folder.ts'
import { correctedMB, type MemoryRecord } from '../../run/expected-memory.ts'
import { tidyFinished } from '../../run/finish-run.ts'
import type { RunSummary } from '../../run/summary.ts'
import type { ManyRunsControl } from './control.ts'
import { inPool } from './in-pool.ts'
import type { PlannedRun } from './plan-runs.ts'
import type { RunCase } from './run-case.ts'
import { type RunState, runState } from './run-state.ts'
import { type JobEnd, startFinetune } from './start-finetune.ts'
import { summarizeCase } from './summarize-cases.ts'

/** Result of each run, in the order of the plan. */
export type RunEnds = ReadonlyMap<PlannedRun, Exclude<JobEnd, { kind: 'stopped' }>>

/** Runs everything that is not finished according to `states`; undefined if `signal` aborted. */
export async function runAll(
  runs: readonly PlannedRun[],
  states: readonly RunState[],
  control: ManyRunsControl & { readonly jobs: number },
): Promise<RunEnds | undefined> {
  const { jobs, signal, onStart, memoryMB } = control
  const ends = new Map<PlannedRun, Exclude<JobEnd, { kind: 'stopped' }>>()
  for (const [i, run] of runs.entries()) {
    const state = states[i]
    if (typeof state === 'object') {
      tidyFinished(run.path)
      ends.set(run, { kind: 'finished', summary: state })
    }
  }
  const cases = [...new Set(runs.map((run) => run.case.name))]
  onStart?.({ cases, runs: runs.length, finished: ends.size, jobs })
  const left = runs.filter((run) => !ends.has(run))
  const sizeOf = (run: PlannedRun): number => correctedMB(run.expectedMB, memoryOf(ends))
  await inPool(left, { jobs, room: memoryMB, sizeOf }, async (run) => {
    if (signal?.aborted) return
    const end = await runWithRetries(run, control)
    if (end.kind !== 'stopped') ends.set(run, end)
    reportCase(run.case, runs, ends, control)
  })
  if (ends.size < runs.length) return undefined
  return new Map([...ends].sort(([a], [b]) => a.number - b.number))
}

function memoryOf(ends: RunEnds): MemoryRecord[] {
  return [...ends].flatMap(([{ expectedMB }, end]) =>
    end.kind === 'finished' ? [{ expectedMB, peakMB: end.summary.peakMemoryMB }] : [],
  )
}

/** Retries crashes only: errors from settings or data would recur. */
async function runWithRetries(run: PlannedRun, control: ManyRunsControl): Promise<JobEnd> {
  const { retries = 0, signal, onRun } = control
  for (let tries = 0; ; tries++) {
    const end = await runOne(run, control)
    const again = end.kind === 'failed' && end.crashed && tries < retries && !signal?.aborted
    onRun?.(run, end, again)
    if (!again) return end
  }
}

/** How long a run waits for the process of a killed study to end, in seconds. */
const patience = 60

async function runOne(run: PlannedRun, control: ManyRunsControl): Promise<JobEnd> {
  const { input, path, log, settings } = run
  try {
    await untilFree(path, patience, control.signal)
    const state = runState(path, settings)
    if (typeof state === 'object') return { kind: 'finished', summary: state }
    const job = { input, out: path, resume: state === 'stopped', log, tensorboard: control.tensorboard }
    return await startFinetune(job, {
      signal: control.signal,
      onStep: (metrics, total) => control.onStep?.(run, metrics, total),
    })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { kind: 'failed', crashed: false, message }
  }
}

function reportCase(
  wanted: RunCase,
  runs: readonly PlannedRun[],
  ends: RunEnds,
  { onCase }: ManyRunsControl,
): void {
  const own = runs.filter((run) => run.case === wanted)
  const summaries = summariesOf(own, ends)
  if (own.every((run) => ends.has(run)) && summaries.length > 0) onCase?.(summarizeCase(wanted, summaries))
}

/** Summaries of the finished runs. */
function summariesOf(runs: readonly PlannedRun[], ends: RunEnds): RunSummary[] {
  return runs.flatMap((run) => {
    const end = ends.get(run)
    return end?.kind === 'finished' ? [end.summary] : []
  })
}

/** Cases with at least one finished run, and the summaries of those runs. */
export function groupEnds(
  ends: RunEnds,
): readonly { readonly case: RunCase; readonly runs: readonly RunSummary[] }[] {
  const runs = [...ends.keys()]
  const cases = [...new Set(runs.map((run) => run.case))]
  const groups = cases.map((each) => {
    const own = runs.filter((run) => run.case === each)
    return { case: each, runs: summariesOf(own, ends) }
  })
  return groups.filter((group) => group.runs.length > 0)
}
