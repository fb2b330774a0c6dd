import type { Tensor } from '@dynamic-tuning/engine'
import type { ModelHooks } from '../models/hooks.ts'
import type { SampledBackbone } from '../models/model.ts'
import type { VitConfig } from '../models/vit/vit-config.ts'
import type { ReductionOptions } from './options.ts'

/**
 * How a pass treats tokens that are to go. `reduce`: they are gone, for all that follows; `mask`: they stay and nothing looks
 * at them, where a reduction can tell (others reduce); `train`: as the reduction is trained; `off`: every token stays.
 */
export type ReductionMode = 'off' | 'reduce' | 'mask' | 'train'

/** What a learned reduction decided in training at one of its layers. */
export interface KeepDecision {
  readonly layer: number
  /** Share of tokens that is wanted. */
  readonly rate: number
  /** 0 or 1 for each patch token, [B, N], earlier decisions included; carries the gradient of probabilities. */
  readonly keep: Tensor
}

/** A reduction in one pass over a model. All but the hooks fills while the model is built. */
export interface ReductionPass {
  readonly hooks: Pick<ModelHooks, 'enter' | 'attentionMix' | 'afterAttention'>
  /** Layer by layer: the token of its MLP that each original token is part of, int64 [B, N + 1]; only where tokens merge. */
  readonly places: ReadonlyMap<number, Tensor>
  /** What was decided, by name: `layer.0.kept_index`, `predictor.0.log_probabilities`, ... */
  readonly records: ReadonlyMap<string, Tensor>
  readonly decisions: readonly KeepDecision[]
}

/** The backbone that a reduction works in, and the samples that it takes. */
export interface ReducedModel extends SampledBackbone {
  readonly config: VitConfig
}

/** A token reduction: where it sits, what it trains, whether it works in training. */
export interface Reduction {
  readonly name: Exclude<ReductionOptions['reduction'], 'none'>
  /** One sentence for lists and help. */
  readonly summary: string
  /** Names of the weights of its own, all of them trained. */
  readonly trainable: readonly RegExp[]
  /** What it reads of the options, beside its name. */
  readonly reads: readonly (keyof ReductionOptions)[]
  /** How a training pass treats tokens. */
  trainingMode(options: ReductionOptions): ReductionMode
  open(options: ReductionOptions, mode: ReductionMode, model: ReducedModel): ReductionPass
}
