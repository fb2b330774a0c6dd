import type { Tensor } from '@dynamic-tuning/engine'
import type { ModelHooks } from '../models/hooks.ts'
import type { SampledBackbone } from '../models/model.ts'
import type { VitConfig } from '../models/vit/vit-config.ts'
import type { ReductionOptions } from './options.ts'

/**
 * How a pass treats the tokens to be removed. `reduce`: they are removed for the rest of the pass; `mask`:
 * they stay, but no token attends to them (reductions that cannot mask reduce instead); `train`: the
 * reduction's form for training; `off`: all tokens stay.
 */
export type ReductionMode = 'off' | 'reduce' | 'mask' | 'train'

/** The decision of a learned reduction at one of its layers, in training. */
export interface KeepDecision {
  readonly layer: number
  /** Target share of tokens. */
  readonly rate: number
  /**
   * 0 or 1 for each patch token, [B, N], including earlier decisions; carries the
   * gradient of the probabilities.
   */
  readonly keep: Tensor
}

/**
 * A reduction in one pass over a model. All properties except `hooks` are filled while the model is built.
 */
export interface ReductionPass {
  readonly hooks: Pick<ModelHooks, 'enter' | 'attentionMix' | 'afterAttention'>
  /**
   * For each layer: which token at its MLP each original token has become part of, int64
   * [B, N + 1]; only if tokens merge.
   */
  readonly places: ReadonlyMap<number, Tensor>
  /** Decisions by name: `layer.0.kept_index`, `predictor.0.log_probabilities`, ... */
  readonly records: ReadonlyMap<string, Tensor>
  readonly decisions: readonly KeepDecision[]
}

/** The backbone in which a reduction works, and its kind of samples. */
export interface ReducedModel extends SampledBackbone {
  readonly config: VitConfig
}

/** A token reduction: where it works, what it trains, and whether it is active in training. */
export interface Reduction {
  readonly name: Exclude<ReductionOptions['reduction'], 'none'>
  /** One sentence for lists and help. */
  readonly summary: string
  /** Patterns of its own weights, all of which are trained. */
  readonly trainable: readonly RegExp[]
  /** Settings it reads, besides `reduction`. */
  readonly reads: readonly (keyof ReductionOptions)[]
  /** How a training pass treats the tokens to be removed. */
  trainingMode(options: ReductionOptions): ReductionMode
  open(options: ReductionOptions, mode: ReductionMode, model: ReducedModel): ReductionPass
}
