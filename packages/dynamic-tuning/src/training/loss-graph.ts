import { GraphError, type Tensor } from '@dynamic-tuning/engine'
import type { Named } from '../models/head.ts'
import type { Network } from '../network/network.ts'
import type { NetworkOutputs, NetworkPass } from '../network/pass.ts'
import type { BatchMeans } from './batch-means.ts'
import { type TaskLoss, usedOutputs } from './loss.ts'

/** Weights and switches of the loss terms. */
export interface LossSettings {
  /** Weight of the rate term, alpha (2 in the paper). */
  readonly rateWeight: number
  /** True to add the task's loss of the complete model, which is also the teacher. */
  readonly complete: boolean
  /**
   * True to distil from the complete model into the dynamic one; this needs the pass of the
   * complete model, not its loss.
   */
  readonly distillation: boolean
}

/** The paper's loss. */
export const paperLoss: LossSettings = { rateWeight: 2, complete: true, distillation: true }

/** Settings of a training graph. */
export interface ObjectiveSettings {
  readonly network: Network
  /** The loss to minimise: `classificationLoss`, or the `loss` of another task. */
  readonly taskLoss: TaskLoss
  readonly loss: LossSettings
  /**
   * True to keep only the outputs of layers and recompute the rest for the gradients: same
   * bits, less memory, slower.
   */
  readonly recompute?: boolean | undefined
}

/** Inputs of a loss. */
export interface LossInputs extends Pick<ObjectiveSettings, 'network' | 'taskLoss' | 'loss'> {
  /** The truths of the batch, in the form that `taskLoss` uses. */
  readonly targets: Named
  /** Means over the whole batch, of which this graph may see a piece. */
  readonly batchMeans: BatchMeans
  /** Runs one pass of the network over the images. */
  run(pass: NetworkPass): NetworkOutputs
}

/**
 * Outputs of one training pass: `loss`, its terms, the network's outputs that the task's loss uses, such as
 * `logits` [B, K], `grad.<weight>`, `next.<buffer>` and `mean.<value>` [], see `BatchMeans`; with dispatch
 * `activeRatePerGate` [D] and the gates `masks`, `soft` and `dispatcherLogits`, stacked by `stackLayers` to
 * [B, D, n]; with DynamicViT `keepDecisions` [B, S, N] and `features` [B, N, C].
 */
export type ObjectiveOutputs = Record<string, Tensor>

/** A loss with the other outputs of a training graph. */
export interface LossGraph {
  readonly outputs: ObjectiveOutputs & { readonly loss: Tensor }
  /** Outputs of the layers of each pass. */
  readonly passes: readonly (readonly Tensor[])[]
}

/**
 * The outputs of a pass that a task's loss uses.
 * @throws GraphError naming an output that the head does not have
 */
export function outputsFor(taskLoss: TaskLoss, { outputs: all }: NetworkOutputs): Named {
  const { outputs, title } = taskLoss
  const found = usedOutputs(taskLoss).flatMap((name) => {
    const tensor = all[name]
    if (tensor) return [[name, tensor] as const]
    if (!outputs.includes(name)) return []
    throw new GraphError(`objective: ${title} needs ${name}, which the head does not give. Use another head.`)
  })
  return Object.fromEntries(found)
}
