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
import { type AttentionMix, mixActive } from '../nn/self-attention.ts'
import { bucketOfTokens } from './bucket.ts'
import { type RowSelection, selectImages, selectTokens } from './select.ts'
import type { Dispatch } from './tuner.ts'

/**
 * A part of a layer without its residual, on tokens [B, N, C] or on gathered tokens;
 * `mix` replaces its attention.
 */
export type Block = (tokens: Tensor, mix?: AttentionMix) => Tensor

/** A gate's decision, and how the block behind it is computed. */
export interface Gated {
  readonly dispatch: Dispatch
  /** Number of the gate, used in names of open sizes. */
  readonly gate: number
  readonly level: 'token' | 'sample'
  readonly form: GatedForm
  /** Factors of the block's output, [B, 1, 1]: drop path, in training. */
  readonly factor?: Tensor | undefined
  /** Number of active patch tokens of an image that fit in the `bucket`. */
  readonly capacity?: number | undefined
}

/**
 * How a gated block is computed.
 * `masked`: the block runs on all tokens; its result is multiplied by the mask.
 * `skip`: the block runs on active tokens only.
 * `apart`: the block runs on active and inactive tokens separately. The results equal `masked`, but the
 * block's gradient is computed for active tokens only: it is zero for the others, whose output matters for
 * the gradient of the mask alone.
 * `bucket`: like `skip`, with a fixed number of places for the active tokens of
 * each image (token level only).
 */
export type GatedForm = 'masked' | 'skip' | 'apart' | 'bucket'

/**
 * base + M * block(x): the only function in which the masked and the skipping forms differ. At token level,
 * the class token and prompts are always active, and attention uses only active tokens as keys; at sample
 * level, all tokens of an image follow its gate.
 * x, base: [B, N, C] -> [B, N, C].
 */
export function throughGate(x: Tensor, base: Tensor, block: Block, gated: Gated): Tensor {
  const { level, form } = gated
  const factor = level === 'token' ? factorOfTokens(gated.dispatch.mask, x) : gated.dispatch.mask
  if (form === 'masked') {
    const mix: AttentionMix | undefined = level === 'token' ? mixActive(greater(factor, 0.5)) : undefined
    return add(base, mul(times(block(x, mix), gated.factor), reshape(factor, [...factor.shape, 1])))
  }
  if (form === 'bucket') {
    const prefix = Number(x.shape[1]) - Number(gated.dispatch.mask.shape[1])
    const bucket = bucketOfTokens(factor, prefix + (gated.capacity ?? Number.POSITIVE_INFINITY))
    return bucket.addTo(base, block(bucket.gather(x), bucket.mix))
  }
  const active = selectionOf(greater(factor, 0.5), level, String(gated.gate))
  const perToken = gated.factor && expandLike(gated.factor, slice(x, 2, 0, 1))
  const run = ({ gather, mix }: RowSelection): Tensor =>
    times(block(gather(x), mix), perToken && gather(perToken))
  const update = run(active)
  const sum = active.addTo(base, update)
  if (form === 'skip') return sum
  const idle = selectionOf(greater(sub(scalar(1), factor), 0.5), level, `${gated.gate}idle`)
  const products = [
    { places: active.places, values: stopGradient(update) },
    { places: idle.places, values: stopGradient(run(idle)) },
  ]
  const rows = active.rows(sum)
  return reshape(rowMask(rows, reshape(factor, [rows.shape[0] as Dim]), products), x.shape)
}

/** y times its factors, if there are any. */
export function times(y: Tensor, factors: Tensor | undefined): Tensor {
  return factors === undefined ? y : mul(y, factors)
}

function selectionOf(active: Tensor, level: 'token' | 'sample', name: string): RowSelection {
  return level === 'token'
    ? selectTokens(active, name)
    : selectImages(reshape(active, [active.shape[0] as Dim]), name)
}

/**
 * base + block(x) for the first `prefix` tokens only (class token, registers and prompts): what remains of a
 * block behind a gate that lets no patch token through.
 * x, base: [B, N, C] -> [B, N, C].
 */
export function onPrefix(x: Tensor, base: Tensor, block: Block, prefix: number): Tensor {
  const [own, others] = [slice(base, 1, 0, prefix), slice(base, 1, prefix, Number(base.shape[1]))]
  return concat([add(own, block(slice(x, 1, 0, prefix))), others], 1)
}

/** The mask [B, N] of patch tokens with ones for class token and prompts before it: [B, P + N]. */
function factorOfTokens(mask: Tensor, x: Tensor): Tensor {
  const prefix = Number(x.shape[1]) - Number(mask.shape[1])
  const ones = expandLike(scalar(1), slice(mask, 1, 0, 1))
  return concat([...new Array<Tensor>(prefix).fill(ones), mask], 1)
}
