import type { Outputs } from '../network/outputs.ts'
import type { Measured } from './measure.ts'

/** How well a model does on the samples of one class. */
export interface ClassScore {
  readonly class: string
  /** Samples of this class. */
  readonly images: number
  /** Values of the task's measures of a class. */
  readonly measures: Measured
}

/** How well a model does on all samples that were added to a tally. */
export interface Score {
  /** Values of the task's measures by name. */
  readonly measures: Measured
  /** The task's loss, mean over samples. */
  readonly loss: number
  /** Classes that have samples. */
  readonly perClass: readonly ClassScore[]
}

/** Compares outputs with truths of type T, batch by batch. */
export interface Tally<T = unknown> {
  /** outputs: one row for each truth, views already joined. */
  add(outputs: Outputs, truths: readonly T[]): void
  result(): Score
}
