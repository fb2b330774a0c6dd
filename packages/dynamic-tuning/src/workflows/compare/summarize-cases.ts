import type { RunSummary } from '../summary.ts'
import type { CompareCase, SomeSettings } from './plan.ts'

/** One case of a comparison: what it reached over its seeds, and what it costs. */
export interface CompareRow {
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
  /** Means over seeds. */
  readonly activeRate: number
  readonly activeRatePerLayer: readonly number[]
  readonly flops: number
  readonly staticFlops: number
  /** Everything that was trained, head included. */
  readonly trainableParams: number
  /** Of the first seed's model for inference, in turn with the other cases; null where it was not measured. */
  readonly imagesPerSecond: number | null
  /** Mean time in training steps. */
  readonly seconds: number
  /** The largest of any of its runs. */
  readonly peakMemoryMB: number
  readonly runs: readonly RunSummary[]
}

/** A case's figures over its finished runs, of which there must be one. */
export function summarizeCase(
  { name, method, settings }: Pick<CompareCase, 'name' | 'method' | 'settings'>,
  runs: readonly RunSummary[],
  imagesPerSecond: number | null,
): CompareRow {
  const first = runs[0] as RunSummary
  const average = (value: (run: RunSummary) => number): number => mean(runs.map(value))
  return {
    case: name,
    method,
    settings,
    seeds: runs.length,
    accuracy: average((run) => run.accuracy),
    accuracyDeviation: deviation(runs.map((run) => run.accuracy)),
    activeRate: average((run) => run.activeRate),
    activeRatePerLayer: first.activeRatePerLayer.map((_, i) =>
      average((run) => run.activeRatePerLayer[i] as number),
    ),
    flops: average((run) => run.flops),
    staticFlops: first.staticFlops,
    trainableParams: first.trainableParams,
    imagesPerSecond,
    seconds: average((run) => run.seconds),
    peakMemoryMB: Math.max(...runs.map((run) => run.peakMemoryMB)),
    runs,
  }
}

/** The mean of some numbers. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Their standard deviation as a sample of many, s = sqrt(sum (x - mean)^2 / (n - 1)); null for fewer than two. */
export function deviation(values: readonly number[]): number | null {
  if (values.length < 2) return null
  const centre = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1))
}
