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

/** The active part of a batch, on which a block runs alone. */
export interface Selection {
  /** x: [B, N, C] -> what is active of it. */
  gather(x: Tensor): Tensor
  /** `base` [B, N, C] with `update` (shaped as gathered) added at its places. */
  addTo(base: Tensor, update: Tensor): Tensor
  /** Attention among the active tokens of each image; undefined where plain attention is that already. */
  readonly mix: AttentionMix | undefined
}

/** An active part that is a list of rows. */
export interface RowSelection extends Selection {
  /** Numbers of the active rows, int64 [K, 1]: rows are the tokens of the whole batch, or its images. */
  readonly places: Tensor
  /** x: [B, N, C] as rows, [B*N, C] or [B, N, C]. */
  rows(x: Tensor): Tensor
}

/**
 * The active tokens of the whole batch, one after another: K rows of C features. active: bool [B, N]. Symbols `K{gate}` and
 * `M{gate}` name the rows and the most tokens of one image.
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
 * Attention on rows [K, 3C] of several images: packs each image's rows to the front of M slots, M being the most any image
 * has, leaves the empty slots out as keys, and takes the rows out again. Maps and norms around it run on K rows alone.
 */
function packedMix(active: Tensor, symbols: { readonly rows: string; readonly most: string }): AttentionMix {
  const batch = active.shape[0] as Dim
  return (qkv, heads) => {
    const counts = reduceSum(cast(active, 'int64'), { axes: [1] })
    const most = reshape(reduceMax(counts), [1])
    // Sorted by activity, an image's first slots are the active ones: only their number is of interest.
    const filled = greater(topK(cast(active, 'float32'), most, symbols.most).values, 0.5)
    const slots = multiplyDims(batch, symbols.most)
    const flat = reshape(filled, [slots])
    const counted = cast(flat, 'int64')
    const rowOfSlot = reshape(mul(cumSum(counted, 0, { exclusive: true }), counted), [slots, 1])
    const slotOfRow = reshape(nonZero(flat, symbols.rows), [symbols.rows, 1])
    const width = qkv.shape[1] as number
    const packed = reshape(gatherRows(qkv, rowOfSlot), [batch, symbols.most, width], filled)
    const mixed = mixTokens(packed, heads, filled)
    return gatherRows(reshape(mixed, [slots, width / 3]), slotOfRow)
  }
}

/** The active images of a batch, [S, N, C] of [B, N, C]. active: bool [B]. `S{gate}` names their number. */
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
