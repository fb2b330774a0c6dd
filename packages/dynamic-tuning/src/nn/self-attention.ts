import { attention, split, type Tensor } from '@dynamic-tuning/engine'
import { type AfterLinear, linearLayer, linearWithoutBias } from './linear.ts'
import type { Weights } from './weight-store.ts'

/** Computed between the maps `qkv` and `proj`: [..., 3C] (query, key, value of every head) -> [..., C]. */
export type AttentionMix = (qkv: Tensor, heads: number) => Tensor

/**
 * Plain attention: every token attends to all tokens of its image, or only to the active ones (bool [B, N]).
 * qkv: [B, N, 3C] -> [B, N, C].
 */
export function mixTokens(qkv: Tensor, heads: number, active?: Tensor): Tensor {
  const [query, key, value] = split(qkv, 2, 3) as [Tensor, Tensor, Tensor]
  return attention(query, key, value, heads, active)
}

/** Sizes of an attention layer, and what replaces plain attention. */
export interface AttentionOptions {
  readonly heads: number
  readonly qkvBias: boolean
  readonly mix?: AttentionMix | undefined
  /** Called after the maps `qkv` and `proj`. */
  readonly after?: AfterLinear | undefined
}

/**
 * Multi-head self-attention, timm's `attn`: the rows of `qkv` [3C, C] are query, key and value;
 * `proj` [C, C] joins the heads.
 * x: [B, N, C] -> [B, N, C]; with a `mix` that allows it also [K, C] -> [K, C].
 */
export function selfAttention(x: Tensor, weights: Weights, options: AttentionOptions): Tensor {
  const { heads, qkvBias, mix = mixTokens, after = (y) => y } = options
  const width = Number(x.shape.at(-1))
  const project = qkvBias ? linearLayer : linearWithoutBias
  const mixed = mix(after(project(x, weights.at('qkv'), 3 * width), x, 'qkv'), heads)
  return after(linearLayer(mixed, weights.at('proj'), width), mixed, 'proj')
}
