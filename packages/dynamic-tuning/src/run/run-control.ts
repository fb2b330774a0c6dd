import type { EpochMetrics, StepMetrics } from '../training/metrics.ts'
import type { TrainTotal } from '../training/trainer.ts'

/** Output and abort signal of a run. */
export interface RunControl {
  /** The run folder. */
  readonly out: string
  readonly resume?: boolean
  /** True to write TensorBoard's event files beside `metrics.jsonl`. */
  readonly tensorboard?: boolean | undefined
  readonly signal?: AbortSignal
  readonly onStep?: (metrics: StepMetrics, total: TrainTotal) => void
  readonly onEpoch?: (metrics: EpochMetrics) => void
}

/** A control without a signal, so that the work always finishes. */
export type WithoutSignal<C> = C & { readonly signal?: undefined }
