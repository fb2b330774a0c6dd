import type { RunFolder } from '../../io/run-folder.ts'
import { definedOnly } from '../../run/settings/defined-only.ts'
import type { RunSummary } from '../../run/summary.ts'
import type { ManyRunsControl } from '../pool/control.ts'
import { failuresOf, type RunFailure } from '../pool/failures.ts'
import type { PlannedRun } from '../pool/plan-runs.ts'
import { groupEnds, type RunEnds } from '../pool/run-all.ts'
import { summarizeCase } from '../pool/summarize-cases.ts'
import { pagePath, writeResults } from '../pool/write-results.ts'
import { compareReport } from './compare-report.ts'
import { compareSpeeds, type MeasuredSpeeds } from './compare-speed.ts'
import { compareCsv, compareMarkdown } from './compare-table.ts'
import type { CompareOutcome } from './outcome.ts'
import type { CompareInput } from './plan.ts'

/** Measures speeds and writes the tables and the report; undefined if `signal` aborted it. */
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
    data: data ?? '',
    seeds: [...new Set(runs.map((run) => run.seed))],
    settings: definedOnly(settings),
    cases: groups.map((group, i) => ({
      ...summarizeCase(group.case, group.runs),
      imagesPerSecond: imagesPerSecond[i] ?? null,
    })),
    failures,
    speed,
    report: pagePath(folder, 'compare'),
  }
  writeResults(folder, 'compare', outcome, forms)
  return outcome
}

const forms = {
  csv: ({ cases }: CompareOutcome) => compareCsv(cases),
  markdown: compareMarkdown,
  report: compareReport,
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
  const firsts = groups.flatMap((group) => group.runs.slice(0, 1))
  try {
    return await compareSpeeds(folder, firsts, {
      threads,
      signal,
      onMeasure: () => onPhase?.(`timing ${firsts.length} models in turn`),
      onFailure: ({ run: path }, error) => {
        const planned = more.runs.find((run) => run.path === path)
        if (planned)
          more.failures.push({ case: planned.case.name, seed: planned.seed, error, log: planned.log })
      },
    })
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return undefined
    throw error
  }
}
