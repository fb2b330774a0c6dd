import { attention, split, type Tensor } from '@dynamic-tuning/engine'
import { linearLayer, linearWithoutBias } from './linear.ts'
import type { Weights } from './weight-store.ts'

/**
 * Multi-head self-attention, timm's `attn`: rows of `qkv` [3C, C] are query, key, value; `proj` [C, C] joins the heads.
 * x: [B, N, C] -> [B, N, C].
 */
export function selfAttention(x: Tensor, weights: Weights, heads: number, qkvBias: boolean): Tensor {
  const width = Number(x.shape[2])
  const project = qkvBias ? linearLayer : linearWithoutBias
  const [query, key, value] = split(project(x, weights.at('qkv'), 3 * width), 2, 3) as [
    Tensor,
    Tensor,
    Tensor,
  ]
  return linearLayer(attention(query, key, value, heads), weights.at('proj'), width)
}
