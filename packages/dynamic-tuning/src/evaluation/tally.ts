import type { Outputs } from '../network/outputs.ts'
import type { Measured } from './measure.ts'

/** How well a model does on the samples of one class. */
export interface ClassScore {
  readonly class: string
  /** Number of samples of this class. */
  readonly images: number
  /** The task's measures of this class. */
  readonly measures: Measured
}

/** How well a model does on all samples that were added to a tally. */
export interface Score {
  /** The task's measures. */
  readonly measures: Measured
  /** The task's loss, averaged over samples. */
  readonly loss: number
  /** The classes that occur among the samples. */
  readonly perClass: readonly ClassScore[]
}

/** Compares outputs with truths of type T, batch by batch. */
export interface Tally<T = unknown> {
  /** Adds one row of `outputs` for each truth, with views already averaged. */
  add(outputs: Outputs, truths: readonly T[]): void
  result(): Score
}
