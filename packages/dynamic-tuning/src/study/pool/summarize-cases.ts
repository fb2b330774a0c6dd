import { bootstrapInterval, deviation, type Interval, mean } from '../../evaluation/statistics.ts'
import type { RunSummary } from '../../run/summary.ts'
import type { RunCase, SomeSettings } from './run-case.ts'

/** One case: what it reached over its seeds, and what it costs. */
export interface CaseRow {
  readonly case: string
  readonly method: string
  /** In what it differs from the other cases, the method aside. */
  readonly settings: SomeSettings
  /** How many seeds are in the figures. */
  readonly seeds: number
  /** Mean share of test images classified right. */
  readonly accuracy: number
  /** Its standard deviation over seeds (n - 1); null for a single one. */
  readonly accuracyDeviation: number | null
  /** 95 % bootstrap interval of the mean over seeds; null for a single one. */
  readonly accuracyInterval: Interval | null
  /** Means over seeds. */
  readonly loss: number
  readonly activeRate: number
  readonly activeRatePerLayer: readonly number[]
  readonly flops: number
  readonly staticFlops: number
  /** Everything that was trained, head included. */
  readonly trainableParams: number
  /** Mean time in training steps. */
  readonly seconds: number
  /** The largest of any of its runs. */
  readonly peakMemoryMB: number
  readonly runs: readonly RunSummary[]
}

/** A case's figures over its finished runs, of which there must be one. */
export function summarizeCase(
  { name, method, settings }: Pick<RunCase, 'name' | 'method' | 'settings'>,
  runs: readonly RunSummary[],
): CaseRow {
  const first = runs[0] as RunSummary
  const average = (value: (run: RunSummary) => number): number => mean(runs.map(value))
  const accuracies = runs.map((run) => run.accuracy)
  return {
    case: name,
    method,
    settings,
    seeds: runs.length,
    accuracy: mean(accuracies),
    accuracyDeviation: deviation(accuracies),
    accuracyInterval: bootstrapInterval(accuracies),
    loss: average((run) => run.loss),
    activeRate: average((run) => run.activeRate),
    activeRatePerLayer: first.activeRatePerLayer.map((_, i) =>
      average((run) => run.activeRatePerLayer[i] as number),
    ),
    flops: average((run) => run.flops),
    staticFlops: first.staticFlops,
    trainableParams: first.trainableParams,
    seconds: average((run) => run.seconds),
    peakMemoryMB: Math.max(...runs.map((run) => run.peakMemoryMB)),
    runs,
  }
}
