import { join } from 'node:path'
import type { RunFolder } from '../../io/run-folder.ts'
import { writeAside } from '../../io/write-aside.ts'
import { definedOnly } from '../../run/settings/finetune-settings.ts'
import type { RunSummary } from '../../run/summary.ts'
import type { ManyRunsControl } from '../pool/control.ts'
import { failuresOf, type RunFailure } from '../pool/failures.ts'
import type { PlannedRun } from '../pool/plan-runs.ts'
import { groupEnds, type RunEnds } from '../pool/run-all.ts'
import type { SomeSettings } from '../pool/run-case.ts'
import { type CaseRow, summarizeCase } from '../pool/summarize-cases.ts'
import { compareReport } from './compare-report.ts'
import { compareSpeeds, type MeasuredSpeeds } from './compare-speed.ts'
import { compareCsv, compareMarkdown } from './compare-table.ts'
import type { CompareInput } from './plan.ts'

/** One case of a comparison: what it reached over its seeds, and what it costs. */
export interface CompareRow extends CaseRow {
  /** Of the first seed's model for inference, in turn with the other cases; null where it was not measured. */
  readonly imagesPerSecond: number | null
}

/** What a comparison found: `compare.json`. */
export interface CompareOutcome {
  /** Its folder. */
  readonly run: string
  readonly finished: true
  readonly data: string
  readonly seeds: readonly number[]
  /** What all cases share; each has its own beside. */
  readonly settings: SomeSettings
  /** Cases with at least one finished run, in the order asked for. */
  readonly cases: readonly CompareRow[]
  readonly failures: readonly RunFailure[]
  /** How images per second were measured. */
  readonly speed: Omit<MeasuredSpeeds, 'imagesPerSecond'>
  /** `compare.html` */
  readonly report: string
}

/** Measures speeds, puts everything together and writes the tables and the page; undefined where `signal` stopped it. */
export async function finishComparison(
  folder: RunFolder,
  input: CompareInput,
  ends: RunEnds,
  control: ManyRunsControl,
): Promise<CompareOutcome | undefined> {
  const runs = [...ends.keys()]
  const groups = groupEnds(ends)
  const failures = failuresOf(ends)
  const speeds = await speedsOf(folder, groups, { ...control, runs, failures, threads: input.threads ?? 0 })
  if (speeds === undefined) return undefined
  const { imagesPerSecond, ...speed } = speeds
  const { methods: _m, rates: _r, cases: _c, seeds: _s, seed: _seed, data, ...settings } = input
  const outcome: CompareOutcome = {
    run: folder.path,
    finished: true,
    data: data as string,
    seeds: [...new Set(runs.map((run) => run.seed))],
    settings: definedOnly(settings),
    cases: groups.map((group, i) => ({
      ...summarizeCase(group.case, group.runs),
      imagesPerSecond: imagesPerSecond[i] ?? null,
    })),
    failures,
    speed,
    report: join(folder.path, 'compare.html'),
  }
  writeAll(outcome)
  return outcome
}

async function speedsOf(
  folder: RunFolder,
  groups: readonly { readonly runs: readonly RunSummary[] }[],
  more: Pick<ManyRunsControl, 'signal' | 'onPhase'> & {
    readonly runs: readonly PlannedRun[]
    readonly failures: RunFailure[]
    readonly threads: number
  },
): Promise<MeasuredSpeeds | undefined> {
  const { signal, onPhase, threads } = more
  const firsts = groups.map((group) => group.runs[0] as RunSummary)
  try {
    return await compareSpeeds(folder, firsts, {
      threads,
      signal,
      onMeasure: () => onPhase?.(`timing ${firsts.length} models in turn`),
      onFailure: ({ run: path }, error) => {
        const { case: own, seed, log } = more.runs.find((run) => run.path === path) as PlannedRun
        more.failures.push({ case: own.name, seed, error, log })
      },
    })
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return undefined
    throw error
  }
}

function writeAll(outcome: CompareOutcome): void {
  const write = (name: string, text: string): void => writeAside(join(outcome.run, name), text)
  write('compare.json', `${JSON.stringify(outcome, null, 2)}\n`)
  write('compare.csv', compareCsv(outcome.cases))
  write('compare.md', compareMarkdown(outcome))
  write('compare.html', compareReport(outcome))
}
