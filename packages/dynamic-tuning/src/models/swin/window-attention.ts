import {
  add,
  attention,
  constant,
  type Dim,
  gatherRows,
  inverseOrder,
  permute,
  reshape,
  split,
  type Tensor,
  transpose,
} from '@dynamic-tuning/engine'
import { truncatedNormal } from '../../nn/initializers.ts'
import { type AttentionOptions, selfAttention } from '../../nn/self-attention.ts'
import type { Weights } from '../../nn/weight-store.ts'
import {
  relativePositions,
  type WindowGrid,
  windowCount,
  windowNeighbours,
  windowOrder,
} from './window-layout.ts'

/** Shared by all blocks of a stage with the same shift. */
export interface WindowPlan {
  /** V, the number of windows. */
  readonly count: number
  /** Rows and columns of a window. */
  readonly window: readonly [number, number]
  /** Indices of the grid's tokens, window by window: see `windowOrder`. */
  readonly order: readonly number[]
  /** Rows of the position table for every query and key, int64 [w * w * w * w, 1]. */
  readonly positions: Tensor
  /** 0, or -1e4 for pairs of tokens that were no neighbours before the shift: [V, 1, w * w, w * w]. */
  readonly mask: Tensor
}

/** Added to the score of tokens that were no neighbours before the shift: their weight becomes exactly 0. */
const apart = -1e4

/** Plans the windows of a grid, for any number of blocks. */
export function planWindows(windows: WindowGrid): WindowPlan {
  const { window } = windows
  const [count, places] = [windowCount(windows), window[0] * window[1]]
  const rows = BigInt64Array.from(relativePositions(window), BigInt)
  const added = Float32Array.from(windowNeighbours(windows), (together) => (together ? 0 : apart))
  return {
    count,
    window,
    order: windowOrder(windows),
    positions: constant({ dtype: 'int64', shape: [rows.length, 1], data: rows }),
    mask: constant({ dtype: 'float32', shape: [count, 1, places, places], data: added }),
  }
}

/**
 * Window attention (arXiv:2103.14030, Eq. 4): softmax(q k^T / sqrt(D) + bias) v among the tokens of each
 * window, with timm's weights `attn` and `relative_position_bias_table` [(2h - 1)(2w - 1), heads]. One gather
 * rolls the grid and sorts tokens into windows, another restores the order. In between, the windows of an
 * image are treated as heads of one attention over the positions in a window; the mask of a shifted grid is
 * added to the bias. x: [B, N, C], tokens of the grid row by row -> [B, N, C].
 */
export function windowAttention(
  x: Tensor,
  weights: Weights,
  plan: WindowPlan,
  options: Omit<AttentionOptions, 'mix'>,
): Tensor {
  const bias = windowBias(weights, plan, options.heads)
  const mix = (qkv: Tensor, heads: number): Tensor => mixWindows(qkv, heads, plan.count, bias)
  const attended = selfAttention(permute(x, 1, plan.order), weights, { ...options, mix })
  return permute(attended, 1, inverseOrder(plan.order))
}

/** [B, N, 3C] in window order -> [B, N, C]. */
function mixWindows(qkv: Tensor, heads: number, count: number, bias: Tensor): Tensor {
  const [batch, tokens, triple] = qkv.shape as [Dim, number, number]
  const width = triple / 3
  const parts = split(qkv, 2, 3).map((part) => reshape(part, [batch, tokens / count, count * width]))
  const [query, key, value] = parts as [Tensor, Tensor, Tensor]
  return reshape(attention(query, key, value, count * heads, bias), [batch, tokens, width])
}

/** The bias of the scores, [V * heads, w * w, w * w]: the position table plus the mask. */
function windowBias(weights: Weights, { count, window, positions, mask }: WindowPlan, heads: number): Tensor {
  const [height, width] = window
  const places = height * width
  const rows = (2 * height - 1) * (2 * width - 1)
  const table = weights.get('relative_position_bias_table', [rows, heads], truncatedNormal(0.02))
  const ofPairs = transpose(gatherRows(table, positions), [1, 0])
  const full = add(reshape(ofPairs, [1, heads, places, places]), mask)
  return reshape(full, [count * heads, places, places])
}
