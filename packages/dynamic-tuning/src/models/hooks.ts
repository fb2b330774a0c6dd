import type { Tensor } from '@dynamic-tuning/engine'
import type { AttentionMix } from '../nn/self-attention.ts'
import type { Weights } from '../nn/weight-store.ts'
import type { BackboneConfig } from './backbone-config.ts'
import type { LayerSizes } from './layer-sizes.ts'
import type { Taps } from './taps.ts'

/** What every hook is given. */
export interface ModelPlace {
  /** Weights of the whole model, for weights that a method shares between layers. */
  readonly root: Weights
  readonly config: BackboneConfig
  /** The tokens that the head reads. */
  readonly reads: Taps
}

/** The layer in which a hook is called. */
export interface Place extends ModelPlace {
  /** Number of the layer, from 0. */
  readonly index: number
  readonly sizes: LayerSizes
  /** Weights of the layer, those below `sizes.path`. */
  readonly weights: Weights
}

/** The linear map or norm after which a hook is called. */
export interface SitePlace extends ModelPlace {
  /**
   * Its name within its layer: `patch_embed.proj`, `attn.qkv`, `norm1`, `norm`, `layers.1.downsample.norm`.
   */
  readonly name: string
  /** Number of its layer; undefined outside the layers (patch embedding, patch merging, final norm). */
  readonly index: number | undefined
  /** Sizes of its layer, if it is inside one. */
  readonly sizes: LayerSizes | undefined
  /** Weights of the map or norm itself. */
  readonly weights: Weights
}

/** The attention of a layer, for all tokens or a subset. */
export interface AttentionPart extends Place {
  /**
   * Attn(LN1(tokens)), without the residual. tokens: [B, N, C], or [K, C] with a `mix` that knows which image
   * each row belongs to. `mix` replaces plain attention between the maps `qkv` and `proj`.
   */
  run(tokens: Tensor, mix?: AttentionMix): Tensor
  /** LN1(tokens); the same tensor always gives the same node. */
  norm(tokens: Tensor): Tensor
}

/** The MLP of a layer, for all tokens or a subset. */
export interface MlpPart extends Place {
  /** MLP(LN2(tokens)), without the residual. tokens: [B, N, C] or [K, C]. */
  run(tokens: Tensor): Tensor
  /** LN2(tokens); the same tensor always gives the same node. */
  norm(tokens: Tensor): Tensor
}

/** A whole layer. */
export interface LayerPart extends Place {
  readonly attention: AttentionPart
  readonly mlp: MlpPart
  /** LN1(tokens), as in `attention`. */
  norm(tokens: Tensor): Tensor
}

/** Token sequences of a model by name, [B, P + N, C] each. */
export interface Stages {
  /** Input of the first layer. */
  readonly embed: Tensor
  /** Output of each layer. */
  readonly blocks: readonly Tensor[]
}

/**
 * Places where a method can change a model, all optional. x: [B, P + N, C] -> [B, P + N, C] unless stated
 * otherwise. With token dispatch, hooks inside a part (`afterLinear`, `afterNorm`, `branch`) also run on the
 * rows [K, C] of active tokens only: they must treat each row independently.
 */
export interface ModelHooks {
  /** Changes the token sequence after embedding, class token first: [B, P + N, C] to [B, M, C]. */
  readonly tokens?: (tokens: Tensor, place: ModelPlace) => Tensor
  /** Changes the input of a layer, class token first, patches last: [B, N, C] to [B, M, C]. */
  readonly enter?: (x: Tensor, place: Place) => Tensor
  /** Replaces a whole layer. */
  readonly layer?: (x: Tensor, part: LayerPart) => Tensor
  /** Replaces `x + Attn(LN1(x))`. */
  readonly attention?: (x: Tensor, part: AttentionPart) => Tensor
  /** Replaces `x + MLP(LN2(x))`. */
  readonly mlp?: (x: Tensor, part: MlpPart) => Tensor
  /**
   * Replaces the attention between `qkv` and `proj` of a layer, if defined. A `mix` given to
   * `run` takes precedence.
   */
  readonly attentionMix?: (place: Place) => AttentionMix | undefined
  /**
   * Changes the tokens between attention and MLP, [B, N, C] to [B, M, C]; not called where `layer` is used.
   */
  readonly afterAttention?: (x: Tensor, place: Place) => Tensor
  /** Changes the output of attention or MLP before it is added to the tokens: [..., C] to [..., C]. */
  readonly branch?: (y: Tensor, part: 'attn' | 'mlp', place: Place) => Tensor
  /** Changes the output y [..., O] of a linear map with input x [..., I]; called for all but the head. */
  readonly afterLinear?: (y: Tensor, x: Tensor, place: SitePlace) => Tensor
  /** Changes the output of a norm: [..., C] to [..., C]. */
  readonly afterNorm?: (y: Tensor, place: SitePlace) => Tensor
  /** Changes the output of the last layer, x; class token first, patches last. */
  readonly leave?: (x: Tensor, stages: Stages, place: ModelPlace) => Tensor
}
