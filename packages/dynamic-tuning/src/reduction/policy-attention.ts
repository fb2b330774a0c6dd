import {
  add,
  constant,
  type Dim,
  div,
  exp,
  matMul,
  mul,
  reduceMax,
  reduceSum,
  reshape,
  split,
  sub,
  type Tensor,
  transpose,
} from '@dynamic-tuning/engine'

const epsilon = 1e-6

/**
 * Attention under a policy (Eq. 10-11 of arXiv:2106.02034). The weights of scores e are
 * (exp(e_ij - max_j e_ij) m_ij + 1e-6 / T) / (sum_j exp(e_ij - max_j e_ij) m_ij + 1e-6)
 * with m_ij = d_j, but 1 for i = j. Dropped tokens stay in the sequence without being attended to, so that
 * the gradient shows the effect of keeping them.
 * qkv: [B, T, 3C], policy d: [B, T] (default: all ones) -> [B, T, C].
 */
export function policyAttention(qkv: Tensor, heads: number, policy: Tensor | undefined): Tensor {
  const [query, key, value] = split(qkv, 2, 3) as [Tensor, Tensor, Tensor]
  const [batch, tokens, width] = key.shape as [Dim, number, number]
  const size = width / heads
  const apart = (x: Tensor): Tensor => transpose(reshape(x, [batch, tokens, heads, size]), [0, 2, 1, 3])
  const scores = matMul(apart(mul(query, size ** -0.5)), transpose(apart(key), [0, 1, 3, 2]))
  const powers = exp(sub(scores, reduceMax(scores, { axes: [3], keepDims: true })))
  const seen = policy === undefined ? powers : mul(powers, visibility(policy, batch, tokens))
  const total = add(reduceSum(seen, { axes: [3], keepDims: true }), epsilon)
  const weights = div(add(seen, epsilon / tokens), total)
  return reshape(transpose(matMul(weights, apart(value)), [0, 2, 1, 3]), [batch, tokens, width])
}

/** d_j for i != j and 1 for i = j: [B, 1, T, T]. */
function visibility(policy: Tensor, batch: Dim, tokens: number): Tensor {
  const itself = new Float32Array(tokens * tokens)
  for (let i = 0; i < tokens; i++) itself[i * tokens + i] = 1
  const shape = [tokens, tokens]
  const one = constant({ dtype: 'float32', shape, data: itself })
  const others = constant({ dtype: 'float32', shape, data: itself.map((value) => 1 - value) })
  return add(mul(reshape(policy, [batch, 1, 1, tokens]), others), one)
}
