import type { Tensor } from '@dynamic-tuning/engine'
import type { ModelHooks, Place } from '../models/hooks.ts'
import type { Part } from './parts.ts'

/** Settings that methods share; each reads those it needs. */
export interface TunerOptions {
  /** d, features inside an adapter. */
  readonly bottleneck: number
  /** s, factor of what an adapter adds. */
  readonly adapterScale: number
  /** Whether s is trained, one for each adapter, from `adapterScale` on. */
  readonly learnableScale: boolean
  /** Share of an adapter's inner features dropped while training. */
  readonly adapterDropout: number
  /** E, adapters that a router merges into one for each image (MoE-adapter); 1: a plain adapter. */
  readonly experts: number
  /** How the router's values become weights of the experts. */
  readonly router: 'softmax' | 'none'
  /** What tokens may skip: the MLP, the attention, each by a dispatcher of its own, or the layer. */
  readonly dispatch: 'none' | 'mlp' | 'attention' | 'attention-mlp' | 'layer'
  /** Whether each token is decided on, or all tokens of an image together. */
  readonly dispatchLevel: 'token' | 'sample'
  /** Whether dispatchers learn, or let a random share of `rate` through, in training and inference alike. */
  readonly dispatchStrategy: 'learned' | 'random'
  /** Numbers of the layers that dispatch; absent: all. */
  readonly dispatchLayers?: readonly number[] | undefined
  /** r, wanted share of active tokens. */
  readonly rate: number
  /** tau of the Gumbel-sigmoid, at the first step where it changes. */
  readonly temperature: number
  /** tau at the last step; absent: it stays. */
  readonly finalTemperature?: number | undefined
}

/**
 * How a forward pass is meant. `train`: every token through every block, gates drawn with noise and applied as masks;
 * `masked`: the same with the gates of inference; `skip`: only active tokens are computed; `complete`: every gate open.
 */
export type Pass =
  | {
      readonly kind: 'train'
      /** G1 - G2, [D, B, n, 1] for D gates and n decisions of each on an image. */
      readonly noise: Tensor
      /** tau where it changes from step to step, []. */
      readonly temperature?: Tensor | undefined
      readonly dropout?: Tensor | undefined
    }
  | { readonly kind: 'complete'; readonly dropout?: Tensor | undefined }
  | {
      readonly kind: 'masked' | 'skip'
      /** Least gate probability that makes a token active, [D]; 0.5 where absent. */
      readonly threshold?: Tensor | undefined
      /** As in training; random dispatch needs it. */
      readonly noise?: Tensor | undefined
      /** What becomes of the block behind each gate, [D]; all are dispatched where absent. */
      readonly blocks?: readonly BlockForm[] | undefined
    }

/**
 * A block behind a gate: `dispatched` as trained; `prefix`, kept for class and register tokens alone, as if the gate let no
 * patch token through (at sample level, where those follow the gate too, nothing is left); `dropped`, left out for all.
 */
export type BlockForm = 'dispatched' | 'prefix' | 'dropped'

/** What one dispatcher decided: n = N patch tokens, or 1 for the whole image. */
export interface Dispatch {
  readonly layer: number
  readonly part: Part
  /** Bare dispatcher logits [B, n]. */
  readonly logits: Tensor
  /** Gate probabilities [B, n], with noise and temperature in training. */
  readonly soft: Tensor
  /** 0 or 1 [B, n]; carries the gradient of `soft`. */
  readonly mask: Tensor
}

/** What a method does in one pass over a model. */
export interface TunerPass {
  readonly hooks: ModelHooks
  /** What is added beside a part of a layer, for every token, whatever dispatch does to the part: [..., C] of x. */
  beside?(part: Part, x: Tensor, place: Place): Tensor | undefined
  /** Weights [B, E] that each MoE-adapter gave its experts, once the model has been built. */
  readonly routes?: readonly Tensor[]
}

/** A tuning method: where it sits, what it trains, how many parameters it has. */
export interface Tuner {
  readonly name: string
  /** One sentence for lists and help. */
  readonly summary: string
  /** Names of the weights it trains; all else is frozen. Gates are trained by every method that dispatches. */
  readonly trainable: readonly RegExp[]
  readonly defaults: TunerOptions
  /** Factor of the usual learning rate (full tuning takes a tenth, Table 14). */
  readonly learningRateFactor: number
  /** Parts that get an adapter; empty for methods without adapters. */
  adapterParts(options: TunerOptions): readonly Part[]
  open(options: TunerOptions, pass: Pass): TunerPass
}

/** Settings of a method without adapters and dispatch. */
export const plainOptions: TunerOptions = {
  bottleneck: 0,
  adapterScale: 0,
  learnableScale: false,
  adapterDropout: 0,
  experts: 1,
  router: 'softmax',
  dispatch: 'none',
  dispatchLevel: 'token',
  dispatchStrategy: 'learned',
  rate: 1,
  temperature: 5,
}

/** A method from what sets it apart; the rest is plain. */
export function defineTuner(
  tuner: Pick<Tuner, 'name' | 'summary' | 'trainable'> &
    Partial<Omit<Tuner, 'defaults'>> & { readonly defaults?: Partial<TunerOptions> },
): Tuner {
  return {
    learningRateFactor: 1,
    adapterParts: () => [],
    open: () => ({ hooks: {} }),
    ...tuner,
    defaults: { ...plainOptions, ...tuner.defaults },
  }
}
