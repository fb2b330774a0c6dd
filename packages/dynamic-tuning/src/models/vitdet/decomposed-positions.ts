import {
  add,
  attention,
  constant,
  dims,
  gatherRows,
  matMul,
  multiplyDims,
  reshape,
  split,
  type Tensor,
  transpose,
} from '@dynamic-tuning/engine'
import { zeros } from '../../nn/initializers.ts'
import type { AttentionMix } from '../../nn/self-attention.ts'
import type { Weights } from '../../nn/weight-store.ts'
import { linearTaps, resampleRows } from './resample.ts'

type Grid = readonly [rows: number, columns: number]

/**
 * Attention with decomposed relative positions (arXiv:2112.01526, as in ViTDet): the score of query i and key
 * j is q_i k_j / sqrt(d) + q_i Rh[y_i - y_j + n - 1] + q_i Rw[x_i - x_j + m - 1]. The query is not scaled in
 * the last two. All heads share the tables `rel_pos_h` [2n - 1, d] and `rel_pos_w` [2m - 1, d], which are
 * interpolated if they were stored for another grid.
 * @param weights those of `attn`
 * @param grid rows and columns (n, m) of the tokens
 * @param stored the grid that the tables are for
 */
export function decomposedMix(weights: Weights, grid: Grid, stored: Grid): AttentionMix {
  return (qkv, heads) => {
    const [batch, count, triple] = dims(qkv, '_ N C', 'relative positions')
    const [query, key, value] = split(qkv, 2, 3) as [Tensor, Tensor, Tensor]
    const size = triple / 3 / heads
    const scores = (axis: 0 | 1): Tensor => {
      const name = axis === 0 ? 'rel_pos_h' : 'rel_pos_w'
      const table = weights.get(name, [2 * stored[axis] - 1, size], zeros)
      return positionScores(query, distances(table, stored[axis], grid[axis]), { heads, grid, axis })
    }
    const bias = reshape(add(scores(0), scores(1)), [batch, heads, count, count])
    return attention(query, key, value, heads, bias)
  }
}

/** The row of a table for every two places of an axis of n: [n, d, n], query first. */
function distances(table: Tensor, stored: number, size: number): Tensor {
  const length = 2 * size - 1
  const fitted = stored === size ? table : resampleRows(table, linearTaps(2 * stored - 1, length))
  const index = Array.from({ length: size * size }, (_, i) => Math.floor(i / size) - (i % size) + size - 1)
  const data = BigInt64Array.from(index, BigInt)
  const rows = gatherRows(fitted, constant({ dtype: 'int64', shape: [index.length, 1], data }))
  return transpose(reshape(rows, [size, size, Number(table.shape[1])]), [0, 2, 1])
}

/** q_i R of one axis for every key of that axis: [B, heads, n, m, n, 1] or [B, heads, n, m, 1, m]. */
function positionScores(
  query: Tensor,
  rows: Tensor,
  { heads, grid, axis }: { readonly heads: number; readonly grid: Grid; readonly axis: 0 | 1 },
): Tensor {
  const [batch, , width] = dims(query, '_ N C', 'relative positions')
  const [n, m] = grid
  const size = width / heads
  const split = reshape(query, [batch, n, m, heads, size])
  // The axis of the table first, so that all queries at one place of it share a product.
  const own = transpose(split, axis === 0 ? [1, 0, 3, 2, 4] : [2, 0, 3, 1, 4])
  const [places, others] = axis === 0 ? [n, m] : [m, n]
  const flat = reshape(own, [places, multiplyDims(batch, heads * others), size])
  const scores = reshape(matMul(flat, rows), [places, batch, heads, others, places])
  return axis === 0
    ? reshape(transpose(scores, [1, 2, 0, 3, 4]), [batch, heads, n, m, n, 1])
    : reshape(transpose(scores, [1, 2, 3, 0, 4]), [batch, heads, n, m, 1, m])
}
