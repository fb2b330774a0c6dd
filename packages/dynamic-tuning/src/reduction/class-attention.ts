import {
  type Dim,
  matMul,
  mul,
  reduceMean,
  reshape,
  slice,
  softmax,
  split,
  type Tensor,
  transpose,
} from '@dynamic-tuning/engine'

/**
 * How strongly the class token attends to every other token: softmax(q_class k^T / sqrt(D)), averaged over
 * heads, without its attention to itself.
 * qkv: [B, T, 3C] -> [B, T - 1].
 */
export function classAttention(qkv: Tensor, heads: number): Tensor {
  const [query, key] = split(qkv, 2, 3) as [Tensor, Tensor, Tensor]
  const [batch, tokens, width] = key.shape as [Dim, number, number]
  const size = width / heads
  const first = reshape(mul(slice(query, 1, 0, 1), size ** -0.5), [batch, heads, 1, size])
  const columns = transpose(reshape(key, [batch, tokens, heads, size]), [0, 2, 3, 1])
  const shares = reduceMean(softmax(matMul(first, columns), -1), { axes: [1, 2] })
  return slice(shares, 1, 1, tokens)
}
