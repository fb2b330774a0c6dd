import type { Tensor } from '@dynamic-tuning/engine'
import type { AttentionMix } from '../nn/self-attention.ts'
import type { Weights } from '../nn/weight-store.ts'
import type { BackboneConfig } from './backbone-config.ts'
import type { LayerSizes } from './layer-sizes.ts'
import type { Taps } from './taps.ts'

/** What every hook may look at. */
export interface ModelPlace {
  /** Weights of the whole model, for those that a method shares between layers. */
  readonly root: Weights
  readonly config: BackboneConfig
  /** What the head reads. */
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
  /** Its name without that of its layer: `patch_embed.proj`, `attn.qkv`, `norm1`, `norm`, `layers.1.downsample.norm`. */
  readonly name: string
  /** Number of its layer; undefined outside of layers: patch embedding, patch merging, final norm. */
  readonly index: number | undefined
  /** Sizes of its layer, if it is in one. */
  readonly sizes: LayerSizes | undefined
  /** Weights of the map or norm itself. */
  readonly weights: Weights
}

/** The attention of a layer, on all tokens or on some. */
export interface AttentionPart extends Place {
  /**
   * Attn(LN1(tokens)), without the residual. tokens: [B, N, C], or [K, C] with a `mix` that knows whose rows they are.
   * `mix` replaces plain attention between the maps `qkv` and `proj`.
   */
  run(tokens: Tensor, mix?: AttentionMix): Tensor
  /** LN1(tokens), one node however often it is asked for. */
  norm(tokens: Tensor): Tensor
}

/** The MLP of a layer, on all tokens or on some. */
export interface MlpPart extends Place {
  /** MLP(LN2(tokens)), without the residual. tokens: [B, N, C] or [K, C]. */
  run(tokens: Tensor): Tensor
  /** LN2(tokens), one node however often it is asked for. */
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
  /** What enters the first layer. */
  readonly embed: Tensor
  /** What leaves each layer. */
  readonly blocks: readonly Tensor[]
}

/**
 * Places where a method changes a model; each is optional. A model offers them, a method fills those it needs.
 * x: [B, P + N, C] -> [B, P + N, C] unless said otherwise. Hooks inside a part (`afterLinear`, `afterNorm`, `branch`) are
 * also called on the rows [K, C] of active tokens alone, where tokens are dispatched: they treat each row by itself.
 */
export interface ModelHooks {
  /** The token sequence after embedding, class token first: [B, P + N, C] to [B, M, C]. */
  readonly tokens?: (tokens: Tensor, place: ModelPlace) => Tensor
  /** The tokens that enter a layer, class token first, patches last: [B, N, C] to [B, M, C]. */
  readonly enter?: (x: Tensor, place: Place) => Tensor
  /** Replaces both halves of a layer. */
  readonly layer?: (x: Tensor, part: LayerPart) => Tensor
  /** Replaces `x + Attn(LN1(x))`. */
  readonly attention?: (x: Tensor, part: AttentionPart) => Tensor
  /** Replaces `x + MLP(LN2(x))`. */
  readonly mlp?: (x: Tensor, part: MlpPart) => Tensor
  /** What a layer's attention does between `qkv` and `proj`; undefined: plain attention. A part's own `mix` comes first. */
  readonly attentionMix?: (place: Place) => AttentionMix | undefined
  /** Changes the tokens between attention and MLP, [B, N, C] to [B, M, C]; `layer` leaves no room for it. */
  readonly afterAttention?: (x: Tensor, place: Place) => Tensor
  /** Changes what a part of a layer gives, before it is added to the tokens: [..., C] to [..., C]. */
  readonly branch?: (y: Tensor, part: 'attn' | 'mlp', place: Place) => Tensor
  /** Changes what a linear map gives, y [..., O], of what it was given, x [..., I]: every one but the head. */
  readonly afterLinear?: (y: Tensor, x: Tensor, place: SitePlace) => Tensor
  /** Changes what a norm gives: [..., C] to [..., C]. */
  readonly afterNorm?: (y: Tensor, place: SitePlace) => Tensor
  /** What leaves the backbone instead of the last layer's output; class token first, patches last. */
  readonly leave?: (x: Tensor, stages: Stages, place: ModelPlace) => Tensor
}
