import {
  add,
  cast,
  constant,
  cumSum,
  type Dim,
  dims,
  equal,
  greater,
  matMul,
  mul,
  reduceSum,
  reshape,
  type Tensor,
  transpose,
} from '@dynamic-tuning/engine'
import { mixTokens } from '../nn/self-attention.ts'
import type { Selection } from './select.ts'

/**
 * Gathers the active tokens of each image, in order, into `capacity` places. The sizes are fixed, so that the
 * device never waits for a size to be read back. Gathering and adding back are products with a matrix of
 * zeros and ones [B, C, N], at C N D multiply-accumulates each, a few percent of an MLP's. Empty places hold
 * zeros, are not used as keys and add nothing; active tokens beyond the capacity are lost.
 * factor: 0 or 1 [B, N].
 */
export function bucketOfTokens(factor: Tensor, capacity: number): Selection {
  const [batch, tokens] = factor.shape as [Dim, number]
  const places = Math.max(1, Math.min(capacity, tokens))
  const numbers = Float32Array.from({ length: places }, (_, place) => place + 1)
  const wanted = constant({ dtype: 'float32', shape: [1, places, 1], data: numbers })
  const place = reshape(mul(cumSum(factor, 1), factor), [batch, 1, tokens])
  const matrix = cast(equal(place, wanted), 'float32')
  const filled = greater(reduceSum(matrix, { axes: [2] }), 0.5)
  return {
    gather: (x) => matMul(matrix, x),
    addTo: (base, update) => add(base, matMul(transpose(matrix, [0, 2, 1]), update)),
    mix: (qkv, heads, bias) =>
      mixTokens(qkv, heads, { active: filled, bias: bias?.among(placesIn(matrix), tokens) }),
  }
}

/** The number of the token in each place, from a matrix of zeros and ones [B, C, N]: int64 [B, C]. */
function placesIn(matrix: Tensor): Tensor {
  const [batch, places, tokens] = dims(matrix, 'B P N', 'bucket')
  const numbers = constant({
    dtype: 'float32',
    shape: [tokens, 1],
    data: Float32Array.from({ length: tokens }, (_, i) => i),
  })
  return cast(reshape(matMul(matrix, numbers), [batch, places]), 'int64')
}
