import { add, attention, dims, reshape, scalar, split, type Tensor, where } from '@dynamic-tuning/engine'
import { type AfterLinear, linearLayer, linearWithoutBias } from './linear.ts'
import type { PairBias } from './pair-bias.ts'
import type { Weights } from './weight-store.ts'

/**
 * Computed between the maps `qkv` and `proj`: [..., 3C] (query, key, value of every head) -> [..., C]. `bias`
 * is that of the layer, if it has one.
 */
export type AttentionMix = (qkv: Tensor, heads: number, bias?: PairBias) => Tensor

/** What limits or shifts the scores of plain attention. */
export interface MixOptions {
  /** The tokens that are attended to, bool [B, N]. Default: all of an image. */
  readonly active?: Tensor
  /** Added to the scores, [heads, N, N] or [B, heads, N, N]. */
  readonly bias?: Tensor | undefined
}

/** Plain attention among the tokens of each image. qkv: [B, N, 3C] -> [B, N, C]. */
export function mixTokens(qkv: Tensor, heads: number, { active, bias }: MixOptions = {}): Tensor {
  const [query, key, value] = split(qkv, 2, 3) as [Tensor, Tensor, Tensor]
  const both = active && bias && biasOfActive(active, bias)
  return attention(query, key, value, heads, both ?? active ?? bias)
}

/** Added to the score of an inactive key, so that its weight becomes exactly 0. */
const closed = -1e9

/** The bias, closed for inactive keys: [B, heads, N, N]. */
function biasOfActive(active: Tensor, bias: Tensor): Tensor {
  const [batch, tokens] = dims(active, '_ _', 'attention')
  const ofKeys = where(active, scalar(0), scalar(closed))
  const pairs = bias.shape.length === 4 ? bias : reshape(bias, [1, ...bias.shape])
  return add(pairs, reshape(ofKeys, [batch, 1, 1, tokens]))
}

/** Attention among all tokens of an image, of which only active ones are attended to: bool [B, N]. */
export function mixActive(active: Tensor): AttentionMix {
  return (qkv, heads, bias) => mixTokens(qkv, heads, { active, bias: bias?.all(Number(qkv.shape[1])) })
}

/** Attention among all tokens of an image, with the bias of the layer. */
function mixAll(qkv: Tensor, heads: number, bias?: PairBias): Tensor {
  return mixTokens(qkv, heads, { bias: bias?.all(Number(qkv.shape[1])) })
}

/** Sizes of an attention layer, and what replaces plain attention. */
export interface AttentionOptions {
  readonly heads: number
  readonly qkvBias: boolean
  readonly mix?: AttentionMix | undefined
  /** Bias of the scores for every pair of tokens. */
  readonly bias?: PairBias | undefined
  /** Called after the maps `qkv` and `proj`. */
  readonly after?: AfterLinear | undefined
}

/**
 * Multi-head self-attention, timm's `attn`: the rows of `qkv` [3C, C] are query, key and value;
 * `proj` [C, C] joins the heads.
 * x: [B, N, C] -> [B, N, C]; with a `mix` that allows it also [K, C] -> [K, C].
 */
export function selfAttention(x: Tensor, weights: Weights, options: AttentionOptions): Tensor {
  const { heads, qkvBias, mix = mixAll, bias, after = (y) => y } = options
  const width = Number(x.shape.at(-1))
  const project = qkvBias ? linearLayer : linearWithoutBias
  const mixed = mix(after(project(x, weights.at('qkv'), 3 * width), x, 'qkv'), heads, bias)
  return after(linearLayer(mixed, weights.at('proj'), width), mixed, 'proj')
}
