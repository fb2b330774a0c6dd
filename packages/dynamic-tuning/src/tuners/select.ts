import {
  cast,
  cumSum,
  type Dim,
  gatherRows,
  greater,
  mul,
  multiplyDims,
  nonZero,
  reduceMax,
  reduceSum,
  reshape,
  scatterAddRows,
  type Tensor,
  topK,
} from '@dynamic-tuning/engine'
import { type AttentionMix, mixTokens } from '../nn/self-attention.ts'

/** The active part of a batch, as input for a block. */
export interface Selection {
  /** Gathers the active part of x [B, N, C]. */
  gather(x: Tensor): Tensor
  /** Adds `update`, which has the shape of a gathered tensor, to `base` [B, N, C] at the active positions. */
  addTo(base: Tensor, update: Tensor): Tensor
  /** Attention among the active tokens of each image; undefined if plain attention does that already. */
  readonly mix: AttentionMix | undefined
}

/** A selection that is a list of rows. */
export interface RowSelection extends Selection {
  /** Indices of the active rows, int64 [K, 1]. Rows are the tokens of the whole batch, or its images. */
  readonly places: Tensor
  /** x [B, N, C] as rows: [B*N, C] if rows are tokens, [B, N, C] if they are images. */
  rows(x: Tensor): Tensor
}

/**
 * Selects the active tokens of the whole batch: K rows of C features. Names the open sizes `K{gate}`, the
 * number of rows, and `M{gate}`, the largest number of active tokens of one image.
 * active: bool [B, N].
 */
export function selectTokens(active: Tensor, gate: string): RowSelection {
  const [batch, tokens] = active.shape as [Dim, number]
  const rows = multiplyDims(batch, tokens)
  const symbol = `K${gate}`
  const places = reshape(nonZero(reshape(active, [rows]), symbol), [symbol, 1])
  const flat = (x: Tensor): Tensor => reshape(x, [rows, x.shape[2] as number])
  return {
    gather: (x) => gatherRows(flat(x), places),
    addTo: (base, update) => reshape(scatterAddRows(flat(base), places, update), base.shape),
    mix: packedMix(active, { rows: symbol, most: `M${gate}` }),
    places,
    rows: flat,
  }
}

/**
 * Attention on rows [K, 3C] of several images. Packs the rows of each image into the first of M slots, where
 * M is the largest number of rows of an image, excludes empty slots from the keys, and extracts the rows
 * again. Maps and norms before and after it run on the K rows only.
 */
function packedMix(active: Tensor, symbols: { readonly rows: string; readonly most: string }): AttentionMix {
  const [batch, tokens] = active.shape as [Dim, number]
  return (qkv, heads, bias) => {
    const counts = reduceSum(cast(active, 'int64'), { axes: [1] })
    const most = reshape(reduceMax(counts), [1])
    // Sorted by activity, the first slots of an image are its active tokens, in their order.
    const { values, indices } = topK(cast(active, 'float32'), most, symbols.most)
    const filled = greater(values, 0.5)
    const slots = multiplyDims(batch, symbols.most)
    const flat = reshape(filled, [slots])
    const counted = cast(flat, 'int64')
    const rowOfSlot = reshape(mul(cumSum(counted, 0, { exclusive: true }), counted), [slots, 1])
    const slotOfRow = reshape(nonZero(flat, symbols.rows), [symbols.rows, 1])
    const width = qkv.shape[1] as number
    const packed = reshape(gatherRows(qkv, rowOfSlot), [batch, symbols.most, width], filled)
    const mixed = mixTokens(packed, heads, { active: filled, bias: bias?.among(indices, tokens) })
    return gatherRows(reshape(mixed, [slots, width / 3]), slotOfRow)
  }
}

/**
 * Selects the active images of a batch: [B, N, C] -> [S, N, C]. Names the open size `S{gate}`.
 * active: bool [B].
 */
export function selectImages(active: Tensor, gate: string): RowSelection {
  const symbol = `S${gate}`
  const places = reshape(nonZero(active, symbol), [symbol, 1])
  return {
    gather: (x) => gatherRows(x, places),
    addTo: (base, update) => scatterAddRows(base, places, update),
    mix: undefined,
    places,
    rows: (x) => x,
  }
}
