import type { Tensor, TensorData } from '@dynamic-tuning/engine'
import type { Named } from '../models/head.ts'
import type { SampleLayout } from '../models/samples/sample-layout.ts'

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
  /** Outputs that it uses where the network gives them, such as those of an auxiliary head. */
  readonly optionalOutputs?: readonly string[]
  /** Inputs of the graph that hold the truths of a batch of these samples, by name, each [B, ...]. */
  inputs(classes: number, sample: Pick<SampleLayout, 'shape'>): Named
  /** Values for these inputs. */
  targets(truths: readonly T[], settings: TargetSettings): Targets
  /** Loss of one pass, a mean over samples, []. */
  of(outputs: Named, targets: Named): Tensor
  /** Values of the student's pass for the metrics, [] each, by name: parts of the loss and the like. */
  terms?(outputs: Named, targets: Named): Named
  /** Undefined if this task has no distillation. */
  readonly distillation?: Distillation
  /** True if Dynamic Tuning runs no pass of the complete model for this task. */
  readonly dynamicOnly?: boolean
}

/** Names of the outputs that a loss uses, with those that not all networks give. */
export function usedOutputs({ outputs, optionalOutputs = [] }: TaskLoss): readonly string[] {
  return [...outputs, ...optionalOutputs]
}
