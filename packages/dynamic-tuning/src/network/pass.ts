import type { Tensor } from '@dynamic-tuning/engine'
import type { ModelOutputs } from '../models/build-model.ts'
import type { ReductionPass } from '../reduction/reduction.ts'
import type { BlockForm, Dispatch } from '../tuners/tuner.ts'

/** A pass of training: tokens are dispatched, merged or pruned as these are trained. */
export interface TrainPass {
  readonly kind: 'train'
}

/** Every token through every block. */
export interface CompletePass {
  readonly kind: 'complete'
  /** Name of the graph input with the factors of dropped features; nothing is dropped where absent. */
  readonly dropout?: string | undefined
}

/** A pass of inference: `skip` computes active tokens only, `masked` computes all and masks. */
export interface InferencePass {
  readonly kind: 'skip' | 'masked'
  /** Least gate probability of an active token, [D], stored in the graph; absent: the graph input `threshold` [D]. */
  readonly thresholds?: readonly number[] | undefined
  /** What is left of the block behind each gate, [D]; all of it where absent. */
  readonly blocks?: readonly BlockForm[] | undefined
  /** Fixed room for the active patch tokens of an image at each gate, [D]; as much as needed where absent. */
  readonly capacities?: readonly number[] | undefined
  /** True if nothing but what the head reads is computed in the last layer. */
  readonly classTokenOnly?: boolean | undefined
}

/** How a network is run. */
export type NetworkPass = TrainPass | CompletePass | InferencePass

/** The kinds of passes that inference knows. */
export type InferenceKind = Exclude<NetworkPass['kind'], 'train'>

/** What a network gives in one pass. */
export interface NetworkOutputs extends ModelOutputs {
  /** Decisions of all gates, layer by layer; none without dispatch, and none in the complete pass. */
  readonly dispatches: readonly Dispatch[]
  /** Weights [B, E] that each MoE-adapter gave its experts. */
  readonly routes: readonly Tensor[]
  /** Where tokens went that were merged or pruned, and what was decided about them. */
  readonly reduced: Omit<ReductionPass, 'hooks'>
}
