import type { Tensor, TensorData } from '@dynamic-tuning/engine'

/** Tensors of a graph by name, such as a network's outputs. */
type Named = Readonly<Record<string, Tensor>>

/** How truths become the inputs of a training graph. */
export interface TargetSettings {
  readonly classes: number
  /** Share of the target that is spread over all classes (arXiv:1512.00567). */
  readonly labelSmoothing: number
}

/** What training makes small: the task's part of the objective. */
export interface TaskLoss<T = unknown> {
  /** What charts call it, in lower case: `cross-entropy`. */
  readonly title: string
  /** Inputs of the graph that hold the truths of a batch, by name, each [B, ...]. */
  inputs(classes: number): Named
  /** Values of these inputs. */
  targets(truths: readonly T[], settings: TargetSettings): Readonly<Record<string, TensorData>>
  /** Loss of one pass, a mean over samples, []. */
  of(outputs: Named, targets: Named): Tensor
  /** How far a student is from a teacher, which takes no gradient, []; absent: this task has no distillation. */
  distil?(teacher: Named, student: Named): Tensor
}
