import { GraphError, type Tensor } from '@dynamic-tuning/engine'
import type { Named } from '../models/head.ts'
import type { Network } from '../network/network.ts'
import type { NetworkOutputs, NetworkPass } from '../network/pass.ts'
import type { TaskLoss } from './loss.ts'

/** Weights and switches of the loss terms. */
export interface LossSettings {
  /** alpha of the rate term (2 in the paper). */
  readonly rateWeight: number
  /** The task's loss of the complete model, which is also the teacher. */
  readonly complete: boolean
  /** Distillation from the complete model to the dynamic one; needs `complete`'s pass, not its loss. */
  readonly distillation: boolean
}

/** The paper's loss. */
export const paperLoss: LossSettings = { rateWeight: 2, complete: true, distillation: true }

/** What a training graph is made of. */
export interface ObjectiveSettings {
  readonly network: Network
  /** What the network is trained for: `classificationLoss`, or the `loss` of any other task. */
  readonly taskLoss: TaskLoss
  readonly loss: LossSettings
  /** Keep the outputs of layers alone and compute the rest again for the gradients: same bits, less memory, more time. */
  readonly recompute?: boolean | undefined
}

/** What a loss is computed from. */
export interface LossInputs extends Pick<ObjectiveSettings, 'network' | 'taskLoss' | 'loss'> {
  /** The truths of the batch, as `taskLoss` takes them. */
  readonly targets: Named
  /** One pass of the network over the batch. */
  run(pass: NetworkPass): NetworkOutputs
}

/**
 * Outputs of one training pass: `loss`, its terms, the network's outputs that the task's loss reads, such as `logits` [B, K],
 * and `grad.<weight>`; with dispatch `activeRatePerGate` [D] and the gates `masks`, `soft` and `dispatcherLogits` as
 * `stackLayers` puts them, [B, D, n]; with DynamicViT `keepDecisions` [B, S, N] and `features` [B, N, C].
 */
export type ObjectiveOutputs = Record<string, Tensor>

/** A loss and what else a training graph gives. */
export interface LossGraph {
  readonly outputs: ObjectiveOutputs & { readonly loss: Tensor }
  /** Outputs of the layers of each pass. */
  readonly passes: readonly (readonly Tensor[])[]
}

/** The outputs of a pass that a task's loss reads. @throws GraphError naming one that the head does not give */
export function outputsFor({ outputs, title }: TaskLoss, { outputs: all }: NetworkOutputs): Named {
  const found = outputs.map((name) => {
    const tensor = all[name]
    if (tensor) return [name, tensor] as const
    throw new GraphError(`objective: ${title} needs ${name}, which the head does not give. Use another head.`)
  })
  return Object.fromEntries(found)
}
