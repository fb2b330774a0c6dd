import type { Tensor } from '@dynamic-tuning/engine'
import type { ModelHooks } from '../models/hooks.ts'

/** Settings that methods share; each reads those it needs. */
export interface TunerOptions {
  /** d, features inside an adapter. */
  readonly bottleneck: number
  /** s, factor of what an adapter adds. */
  readonly adapterScale: number
  /** r, wanted share of active tokens. */
  readonly rate: number
  /** tau of the Gumbel-sigmoid. */
  readonly temperature: number
  /** Share of an adapter's inner features dropped while training. */
  readonly adapterDropout: number
}

/**
 * How a forward pass is meant. `train`: every token through every block, gates drawn with noise and applied as masks;
 * `masked`: the same without noise; `skip`: only active tokens are computed; `complete`: every gate open.
 */
export type Pass =
  | { readonly kind: 'train'; readonly noise: Tensor; readonly dropout?: Tensor | undefined }
  | { readonly kind: 'complete'; readonly dropout?: Tensor | undefined }
  | { readonly kind: 'masked' }
  | { readonly kind: 'skip' }

/** What the dispatcher of one layer decided; class token excluded. */
export interface Dispatch {
  /** Bare dispatcher logits [B, N]. */
  readonly logits: Tensor
  /** Gate probabilities [B, N], with noise and temperature in training. */
  readonly soft: Tensor
  /** 0 or 1 [B, N]; carries the gradient of `soft`. */
  readonly mask: Tensor
}

/** A method in one pass over a model: the hooks it fills, and its dispatchers' decisions once the model is built. */
export interface TunerPass {
  readonly hooks: ModelHooks
  /** One entry per layer after the model has been built; stays empty for methods without dispatch. */
  readonly dispatches: readonly Dispatch[]
}

/** A tuning method: where it sits, what it trains, how many parameters it has. */
export interface Tuner {
  readonly name: string
  /** One sentence for lists and help. */
  readonly summary: string
  /** Names of the weights it trains; all else is frozen. */
  readonly trainable: readonly RegExp[]
  readonly defaults: TunerOptions
  /** Whether tokens are dispatched: such a method trains with the complete model as its teacher. */
  readonly dispatches: boolean
  /** Factor of the usual learning rate (full tuning takes a tenth, Table 14). */
  readonly learningRateFactor: number
  open(options: TunerOptions, pass: Pass): TunerPass
}

const noAdapter = { bottleneck: 0, adapterScale: 0, rate: 1, temperature: 5, adapterDropout: 0 }

/** A method from what sets it apart; the rest is plain. */
export function defineTuner(tuner: Pick<Tuner, 'name' | 'summary' | 'trainable'> & Partial<Tuner>): Tuner {
  return {
    defaults: noAdapter,
    dispatches: false,
    learningRateFactor: 1,
    open: () => ({ hooks: {}, dispatches: [] }),
    ...tuner,
  }
}
