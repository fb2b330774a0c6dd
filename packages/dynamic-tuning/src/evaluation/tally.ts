import type { WindowPlace } from '../data/samples/window/place.ts'
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
  /** The classes that occur among the samples; all of them where figures may be NaN, `cannot be said`. */
  readonly perClass: readonly ClassScore[]
  /** How often each true class (rows) was taken for each (columns); absent for tasks without one class. */
  readonly confusion?: readonly (readonly number[])[]
}

/** Compares outputs with truths of type T, batch by batch. */
export interface Tally<T = unknown> {
  /**
   * Adds one row of `outputs` for each truth, with views already averaged. Pictures in windows have as many
   * rows as windows, and `places` says where these lie.
   */
  add(outputs: Outputs, truths: readonly T[], places?: readonly WindowPlace[]): void
  result(): Score
}
