import type { EpochMetrics, StepMetrics } from '../training/metrics.ts'
import type { TrainTotal } from '../training/trainer.ts'

/** Where a run reports and how it is stopped. */
export interface RunControl {
  /** The run folder. */
  readonly out: string
  readonly resume?: boolean
  /** Write TensorBoard's event files beside `metrics.jsonl`. */
  readonly tensorboard?: boolean | undefined
  readonly signal?: AbortSignal
  readonly onStep?: (metrics: StepMetrics, total: TrainTotal) => void
  readonly onEpoch?: (metrics: EpochMetrics) => void
}

/** A control without a signal, so that nothing stops the work before its end. */
export type WithoutSignal<C> = C & { readonly signal?: undefined }
