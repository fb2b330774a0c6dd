import type { StepMeans } from './epoch-tally.ts'
import type { StepResult } from './learner.ts'

/** Values that a line of metrics may hold beside its fixed fields. */
export type MetricValue = number | string | readonly number[] | null | undefined

/** Fields of a line by name. */
export type MetricFields = Readonly<Record<string, MetricValue>>

/** One line of `metrics.jsonl` after a step. */
export interface StepMetrics {
  readonly kind: 'step'
  /** Number of steps done. */
  readonly step: number
  readonly epoch: number
  readonly lr: number
  readonly imagesPerSecond: number
  /** Share of this step's time (waiting included) that was spent waiting for its samples. */
  readonly loaderWaitShare: number
  /** Resident memory in MB of 2^20 bytes; absent where it is not known. */
  readonly memoryMB?: number
  /** The loss, its terms, the rate and the task's measures by name. */
  readonly [term: string]: number | string | undefined
}

/** One line of `metrics.jsonl` after an epoch. */
export interface EpochMetrics {
  readonly kind: 'epoch'
  readonly epoch: number
  readonly step: number
  readonly trainLoss: number
  /** Time spent in steps. */
  readonly seconds: number
  /** Time spent waiting for the samples of steps. */
  readonly waitSeconds: number
  /** Training measures (`train<Measure>`) and the results of validation. */
  readonly [field: string]: MetricValue
}

/** Builds the line of a step. */
export function stepMetrics(
  { scalars, activeRatePerGate: rates }: StepResult,
  at: Pick<StepMetrics, 'step' | 'epoch' | 'lr'>,
  { size, scores, seconds, waitSeconds }: StepMeans,
  memoryMB?: number,
): StepMetrics {
  const active = rates.length > 0 && { activeRate: rates.reduce((a, b) => a + b, 0) / rates.length }
  return {
    kind: 'step',
    ...at,
    ...scalars,
    ...active,
    ...scores,
    imagesPerSecond: size / seconds,
    loaderWaitShare: waitSeconds / (waitSeconds + seconds),
    ...(memoryMB !== undefined && { memoryMB }),
  }
}
