import type { Tensor } from '@dynamic-tuning/engine'
import type { Weights } from '../nn/weight-store.ts'
import type { VitConfig } from './vit-config.ts'

/** A part of a layer that a method may run, on all tokens or on some. */
export interface BlockPart {
  /** Number of the layer, from 0. */
  readonly index: number
  /** Weights of the layer, `blocks.{index}`. */
  readonly weights: Weights
  readonly config: VitConfig
  /** The part with its norm, without the residual: for `mlp`, MLP(LN2(tokens)). tokens: [B, N, C] or [K, C]. */
  run(tokens: Tensor): Tensor
}

/** Places where a method changes a model; each is optional. A model offers them, a method fills those it needs. */
export interface ModelHooks {
  /** The token sequence after embedding, class token first: [B, N + 1, C] to [B, M, C]. */
  readonly tokens?: (tokens: Tensor) => Tensor
  /** Replaces `x + MLP(LN2(x))` of a layer. x: [B, N + 1, C] -> [B, N + 1, C]. */
  readonly mlp?: (x: Tensor, part: BlockPart) => Tensor
}
