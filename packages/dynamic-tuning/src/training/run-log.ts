import type { TensorData } from '@dynamic-tuning/engine'

/** A run after `step` steps and `epoch` epochs. */
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
  /** Its name in error messages. */
  readonly path: string
  /** The name of its checkpoint in error messages. */
  readonly checkpointPath: string
  /** Appends a line of metrics. */
  appendMetric(line: object): void
  /** Removes the lines of steps after `step`: on resuming, those after the checkpoint. */
  truncateMetricsAfter(step: number): void
  /** Replaces the last checkpoint. The caller may change the arrays afterwards. */
  saveCheckpoint(snapshot: Snapshot): void
  /** The last checkpoint; undefined if there is none. @throws CheckpointError if it is damaged */
  loadCheckpoint(): Snapshot | undefined
}
