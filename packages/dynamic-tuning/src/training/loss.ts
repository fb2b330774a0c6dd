import type { Tensor, TensorData } from '@dynamic-tuning/engine'
import type { Named } from '../models/head.ts'

/** Truths of a batch as values for a training graph's inputs, by name, each [B, ...]. */
export type Targets = Readonly<Record<string, TensorData>>

/** How truths are converted to inputs of a training graph. */
export interface TargetSettings {
  readonly classes: number
  /** Share of the target that is spread evenly over all classes (arXiv:1512.00567). Default 0. */
  readonly labelSmoothing?: number
}

/** A distance between student and teacher. */
export interface Distillation {
  /** Name of this term in the metrics: `kl`. */
  readonly name: string
  /** Mean over samples, []; no gradient flows into the teacher. */
  of(teacher: Named, student: Named): Tensor
}

/** The part of the objective that depends on the task. */
export interface TaskLoss<T = unknown> {
  /** Prefix of its terms in the metrics: `ce` for `ceDynamic` and `ceComplete`. */
  readonly name: string
  /** Title in charts, in lower case: `cross-entropy`. */
  readonly title: string
  /** Outputs of the network that the loss uses. A training step returns their values too. */
  readonly outputs: readonly string[]
  /** Inputs of the graph that hold the truths of a batch, by name, each [B, ...]. */
  inputs(classes: number): Named
  /** Values for these inputs. */
  targets(truths: readonly T[], settings: TargetSettings): Targets
  /** Loss of one pass, a mean over samples, []. */
  of(outputs: Named, targets: Named): Tensor
  /** Undefined if this task has no distillation. */
  readonly distillation?: Distillation
}
