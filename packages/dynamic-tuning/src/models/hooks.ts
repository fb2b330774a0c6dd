import type { Tensor } from '@dynamic-tuning/engine'
import type { AttentionMix } from '../nn/self-attention.ts'
import type { Weights } from '../nn/weight-store.ts'
import type { VitConfig } from './vit-config.ts'

/** Where in a model a hook is called. */
export interface Place {
  /** Number of the layer, from 0. */
  readonly index: number
  /** Weights of the layer, `blocks.{index}`. */
  readonly weights: Weights
  readonly config: VitConfig
}

/** The attention of a layer, on all tokens or on some. */
export interface AttentionPart extends Place {
  /**
   * Attn(LN1(tokens)), without the residual. tokens: [B, N, C], or [K, C] with a `mix` that knows whose rows they are.
   * `mix` replaces plain attention between the maps `qkv` and `proj`.
   */
  run(tokens: Tensor, mix?: AttentionMix): Tensor
}

/** The MLP of a layer, on all tokens or on some. */
export interface MlpPart extends Place {
  /** MLP(LN2(tokens)), without the residual. tokens: [B, N, C] or [K, C]. */
  run(tokens: Tensor): Tensor
}

/** A whole layer. */
export interface LayerPart extends Place {
  readonly attention: AttentionPart
  readonly mlp: MlpPart
}

/**
 * Places where a method changes a model; each is optional. A model offers them, a method fills those it needs.
 * x: [B, N + 1, C] -> [B, N + 1, C].
 */
export interface ModelHooks {
  /** The token sequence after embedding, class token first: [B, N + 1, C] to [B, M, C]. */
  readonly tokens?: (tokens: Tensor) => Tensor
  /** Replaces both halves of a layer. */
  readonly layer?: (x: Tensor, part: LayerPart) => Tensor
  /** Replaces `x + Attn(LN1(x))`. */
  readonly attention?: (x: Tensor, part: AttentionPart) => Tensor
  /** Replaces `x + MLP(LN2(x))`. */
  readonly mlp?: (x: Tensor, part: MlpPart) => Tensor
  /** Changes the tokens that enter a layer, [B, N, C] to [B, M, C]. `model`: the weights of the whole model. */
  readonly beforeLayer?: (x: Tensor, place: Place, model: Weights) => Tensor
  /** What a layer's attention does between `qkv` and `proj`; undefined: plain attention. A part's own `mix` comes first. */
  readonly attentionMix?: (place: Place) => AttentionMix | undefined
  /** Changes the tokens between attention and MLP, [B, N, C] to [B, M, C]; `layer` leaves no room for it. */
  readonly afterAttention?: (x: Tensor, place: Place) => Tensor
}
