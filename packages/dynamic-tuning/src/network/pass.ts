import type { Tensor } from '@dynamic-tuning/engine'
import type { ModelOutputs } from '../models/build-model.ts'
import type { ReductionPass } from '../reduction/reduction.ts'
import type { BlockForm, Dispatch } from '../tuners/tuner.ts'

/** Training: tokens are dispatched, merged or pruned in the differentiable form. */
export interface TrainPass {
  readonly kind: 'train'
}

/** The complete model: every token goes through every block. */
export interface CompletePass {
  readonly kind: 'complete'
  /**
   * Suffix of the graph inputs with what is dropped, `dropout` and `dropPath`, in a training pass.
   * Default: an inference pass, which drops nothing.
   */
  readonly draws?: string | undefined
}

/** Inference: `skip` computes active tokens only; `masked` computes all tokens and masks the results. */
export interface InferencePass {
  readonly kind: 'skip' | 'masked'
  /**
   * Smallest gate probability of an active token, [D], stored in the graph. Default: the
   * graph input `threshold` [D].
   */
  readonly thresholds?: readonly number[] | undefined
  /** How much of the block behind each gate remains, [D]. Default: all of it. */
  readonly blocks?: readonly BlockForm[] | undefined
  /**
   * Fixed number of active patch tokens of an image that fit at each gate, [D].
   * Default: as many as there are.
   */
  readonly capacities?: readonly number[] | undefined
  /** True if the last layer computes only what the head reads. */
  readonly classTokenOnly?: boolean | undefined
}

/** How a network is run. */
export type NetworkPass = TrainPass | CompletePass | InferencePass

/** The kinds of passes for inference. */
export type InferenceKind = Exclude<NetworkPass['kind'], 'train'>

/** The outputs of a network in one pass. */
export interface NetworkOutputs extends ModelOutputs {
  /** Decisions of all gates, layer by layer; empty without dispatch and in the complete pass. */
  readonly dispatches: readonly Dispatch[]
  /** Weights [B, E] of the experts of each MoE-adapter. */
  readonly routes: readonly Tensor[]
  /** Which tokens were merged or pruned, and where merged ones went. */
  readonly reduced: Omit<ReductionPass, 'hooks'>
}
