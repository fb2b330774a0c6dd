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
