import { add, attention, type Dim, expandLike, reshape, slice, type Tensor } from '@dynamic-tuning/engine'
import { zeros } from './initializers.ts'
import { layerNorm } from './layer-norm.ts'
import { linearLayer, linearWithoutBias } from './linear.ts'
import type { Weights } from './weight-store.ts'

/** Sizes of an attentive pooling layer. */
export interface PoolingOptions {
  readonly heads: number
  readonly layerNormEps: number
}

/**
 * Attentive pooling, the video head of arXiv:2403.11808 (`attentive_blocks` in the official code):
 * one learned query attends to all tokens, softmax(q k^T / sqrt(D)) v in every head, followed by a
 * linear map. Query, keys and values each have their own norm and linear map; the keys have no
 * bias, and there is no residual.
 * query: [1, 1, C], tokens: [B, S, C] -> [B, C].
 */
export function attentivePooling(
  query: Tensor,
  tokens: Tensor,
  weights: Weights,
  { heads, layerNormEps }: PoolingOptions,
): Tensor {
  const [batch, , width] = tokens.shape as [Dim, Dim, number]
  const cross = weights.at('cross_attn')
  const mapped = (name: 'q' | 'k' | 'v', x: Tensor): Tensor =>
    linearWithoutBias(layerNorm(x, weights.at(`norm_${name}`), layerNormEps), cross.at(name), width)
  const biased = (name: 'q' | 'v', x: Tensor): Tensor =>
    add(mapped(name, x), cross.get(`${name}_bias`, [width], zeros))
  // All samples share one query, so it is mapped once and then repeated.
  const queries = expandLike(biased('q', query), slice(tokens, 1, 0, 1))
  const mixed = attention(queries, mapped('k', tokens), biased('v', tokens), heads)
  return reshape(linearLayer(mixed, cross.at('proj'), width), [batch, width])
}
