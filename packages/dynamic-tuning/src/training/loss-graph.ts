import type { Tensor } from '@dynamic-tuning/engine'
import type { Network } from '../network/network.ts'
import type { NetworkOutputs, NetworkPass } from '../network/pass.ts'

/** Weights and switches of the loss terms. */
export interface LossSettings {
  /** alpha of the rate term (2 in the paper). */
  readonly rateWeight: number
  /** Cross-entropy of the complete model, which is also the teacher. */
  readonly complete: boolean
  /** KL from the complete model to the dynamic one; needs `complete`'s pass, not its loss. */
  readonly distillation: boolean
}

/** The paper's loss. */
export const paperLoss: LossSettings = { rateWeight: 2, complete: true, distillation: true }

/** What a training graph is made of. */
export interface ObjectiveSettings {
  readonly network: Network
  readonly loss: LossSettings
  /** Keep the outputs of layers alone and compute the rest again for the gradients: same bits, less memory, more time. */
  readonly recompute?: boolean | undefined
}

/** What a loss is computed from. */
export interface LossInputs {
  readonly network: Network
  readonly loss: LossSettings
  /** Soft labels [B, K]. */
  readonly targets: Tensor
  /** One pass of the network over the batch. */
  run(pass: NetworkPass): NetworkOutputs
}

/**
 * Outputs of one training pass: `loss`, its terms, `logits` [B, K], `grad.<weight>`; with dispatch `activeRatePerGate` [D]
 * and the gates `masks`, `soft` and `dispatcherLogits` as `stackLayers` puts them, [B, D, n]; with DynamicViT
 * `keepDecisions` [B, S, N] and `features` [B, N, C].
 */
export type ObjectiveOutputs = Record<string, Tensor>

/** A loss and what else a training graph gives. */
export interface LossGraph {
  readonly outputs: ObjectiveOutputs & { readonly loss: Tensor }
  /** Outputs of the layers of each pass. */
  readonly passes: readonly (readonly Tensor[])[]
}
