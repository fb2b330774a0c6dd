import type { TensorData } from '@dynamic-tuning/engine'

/** A run at one moment: `step` steps and `epoch` epochs are done. */
export interface Snapshot {
  readonly step: number
  readonly epoch: number
  /** Weights, buffers and optimiser moments by name. */
  readonly tensors: ReadonlyMap<string, TensorData>
  /** Everything else that resuming needs, as JSON. */
  readonly state: unknown
}

/** Where a training run writes its metrics and checkpoints: a run folder, or memory. */
export interface RunLog {
  /** Its name in messages. */
  readonly path: string
  /** The name of its checkpoint in messages. */
  readonly checkpointPath: string
  /** Adds a line of metrics. */
  appendMetric(line: object): void
  /** Drops the lines of steps later than `step`: on resuming, those after the checkpoint. */
  truncateMetricsAfter(step: number): void
  /** Replaces the last checkpoint. The arrays may change afterwards. */
  saveCheckpoint(snapshot: Snapshot): void
  /** The last checkpoint. @throws RunError if there is none; CheckpointError if it is damaged */
  loadCheckpoint(): Snapshot
}
