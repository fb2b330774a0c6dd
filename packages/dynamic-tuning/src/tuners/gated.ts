import {
  add,
  concat,
  type Dim,
  expandLike,
  greater,
  mul,
  reshape,
  rowMask,
  scalar,
  slice,
  stopGradient,
  sub,
  type Tensor,
} from '@dynamic-tuning/engine'
import { type AttentionMix, mixTokens } from '../nn/self-attention.ts'
import { bucketOfTokens } from './bucket.ts'
import { type RowSelection, selectImages, selectTokens } from './select.ts'
import type { Dispatch } from './tuner.ts'

/** A part of a layer without its residual, on [B, N, C] or on gathered tokens; `mix` goes to its attention. */
export type Block = (tokens: Tensor, mix?: AttentionMix) => Tensor

/** What decides which tokens go through a block. */
export interface Gated {
  readonly dispatch: Dispatch
  /** Number of the gate, for symbols. */
  readonly gate: number
  readonly level: 'token' | 'sample'
  readonly form: GatedForm
  /** Active patch tokens of an image that `bucket` has room for. */
  readonly capacity?: number | undefined
}

/**
 * `masked`: the block on everything, its result times the mask. `skip`: on what is active alone. `apart`: on active and
 * inactive tokens one after the other, which gives what `masked` gives, but the block's gradient is computed for active
 * tokens alone: that of the others is zero, and only the mask's own gradient asks what they would have received.
 * `bucket`: like `skip`, with a fixed number of places for the active tokens of each image (token level only).
 */
export type GatedForm = 'masked' | 'skip' | 'apart' | 'bucket'

/**
 * base + M * block(x): the one place where the masked and the skipping form differ. At token level the class token and
 * prompts are always active and attention has the active tokens alone as keys; at sample level the whole image follows
 * its gate. x, base: [B, N, C] -> [B, N, C].
 */
export function throughGate(x: Tensor, base: Tensor, block: Block, gated: Gated): Tensor {
  const { level, form } = gated
  const factor = level === 'token' ? factorOfTokens(gated.dispatch.mask, x) : gated.dispatch.mask
  if (form === 'masked') {
    const mix: AttentionMix | undefined =
      level === 'token' ? (qkv, heads) => mixTokens(qkv, heads, greater(factor, 0.5)) : undefined
    return add(base, mul(block(x, mix), reshape(factor, [...factor.shape, 1])))
  }
  if (form === 'bucket') {
    const prefix = Number(x.shape[1]) - Number(gated.dispatch.mask.shape[1])
    const bucket = bucketOfTokens(factor, prefix + (gated.capacity ?? Number.POSITIVE_INFINITY))
    return bucket.addTo(base, block(bucket.gather(x), bucket.mix))
  }
  const active = selectionOf(greater(factor, 0.5), level, String(gated.gate))
  const update = block(active.gather(x), active.mix)
  const sum = active.addTo(base, update)
  if (form === 'skip') return sum
  const idle = selectionOf(greater(sub(scalar(1), factor), 0.5), level, `${gated.gate}idle`)
  const products = [
    { places: active.places, values: stopGradient(update) },
    { places: idle.places, values: stopGradient(block(idle.gather(x))) },
  ]
  const rows = active.rows(sum)
  return reshape(rowMask(rows, reshape(factor, [rows.shape[0] as Dim]), products), x.shape)
}

function selectionOf(active: Tensor, level: 'token' | 'sample', name: string): RowSelection {
  return level === 'token'
    ? selectTokens(active, name)
    : selectImages(reshape(active, [active.shape[0] as Dim]), name)
}

/**
 * base + block(x) for class token, registers and prompts alone: what a gate that lets no patch token through leaves of a block.
 * `prefix` is their number. x, base: [B, N, C] -> [B, N, C].
 */
export function onPrefix(x: Tensor, base: Tensor, block: Block, prefix: number): Tensor {
  const [own, others] = [slice(base, 1, 0, prefix), slice(base, 1, prefix, Number(base.shape[1]))]
  return concat([add(own, block(slice(x, 1, 0, prefix))), others], 1)
}

/** The mask of patch tokens [B, N] with ones before it for class token and prompts: [B, P + N] like x. */
function factorOfTokens(mask: Tensor, x: Tensor): Tensor {
  const prefix = Number(x.shape[1]) - Number(mask.shape[1])
  const ones = expandLike(scalar(1), slice(mask, 1, 0, 1))
  return concat([...new Array<Tensor>(prefix).fill(ones), mask], 1)
}
