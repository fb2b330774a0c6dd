import type { Tensor, TensorData } from '@dynamic-tuning/engine'
import type { Named } from '../models/head.ts'

/** Truths of a batch as values of a training graph's inputs, by name, each [B, ...]. */
export type Targets = Readonly<Record<string, TensorData>>

/** How truths become the inputs of a training graph. */
export interface TargetSettings {
  readonly classes: number
  /** Share of the target that is spread over all classes (arXiv:1512.00567). Default 0. */
  readonly labelSmoothing?: number
}

/** How far a student is from its teacher. */
export interface Distillation {
  /** Its name among the terms of the loss: `kl`. */
  readonly name: string
  /** A mean over samples, []; the teacher takes no gradient. */
  of(teacher: Named, student: Named): Tensor
}

/** What training makes small: the task's part of the objective. */
export interface TaskLoss<T = unknown> {
  /** Begins the names of its terms: `ce` for `ceDynamic` and `ceComplete`. */
  readonly name: string
  /** What charts call it, in lower case: `cross-entropy`. */
  readonly title: string
  /** The network's outputs that it reads. A training step gives their values too. */
  readonly outputs: readonly string[]
  /** Inputs of the graph that hold the truths of a batch, by name, each [B, ...]. */
  inputs(classes: number): Named
  /** Values of these inputs. */
  targets(truths: readonly T[], settings: TargetSettings): Targets
  /** Loss of one pass, a mean over samples, []. */
  of(outputs: Named, targets: Named): Tensor
  /** Absent: this task has no distillation. */
  readonly distillation?: Distillation
}
