import { dims } from '../graph/dims.ts'
import { ShapeError } from '../graph/errors.ts'
import { onnxDTypes } from '../graph/onnx-dtype.ts'
import { present } from '../graph/present.ts'
import { checkSameType } from '../graph/same-type.ts'
import { asTensor } from '../graph/scalar.ts'
import { divideDims, sameShape, shapeText } from '../graph/shape.ts'
import { apply, type Emitter, type Operator, type Tensor } from '../graph/tensor.ts'
import { where } from './compare.ts'
import { add, mul } from './elementwise.ts'
import { matMul } from './matrix.ts'
import { int64List, reshape, transpose } from './shape.ts'
import { softmax } from './softmax.ts'

interface AttentionAttributes {
  readonly heads: number
}

function headsFirst(x: Tensor, heads: number): Tensor {
  const [b, n, c] = dims(x, '_ _ _', 'attention')
  const size = present(divideDims(c, heads), 'the size of a head')
  return transpose(reshape(x, [b, n, heads, size]), [0, 2, 1, 3])
}

function headSize(x: Tensor, heads: number): number {
  return Number(x.shape[2]) / heads
}

/** Added to the score of an inactive key, so that its weight becomes exactly 0. */
const closed = -1e9

/** True if `keys` is a bias for every head, query and key: [heads, N, M], or [B, heads, N, M]. */
const isFullBias = (keys: Tensor): boolean => keys.shape.length > 2

/**
 * Bias of the scores: `keys` itself if it is a bias; for a mask 0 for active keys and -1e9 for others.
 * [B, 1, 1, M], or the shape of `keys` if that is a bias for every pair.
 */
function scoreBias(keys: Tensor, query: Tensor): Tensor {
  if (isFullBias(keys)) return keys
  const [batch, count] = dims(keys, '_ _', 'attention')
  const [open, shut] = [asTensor(0, query), asTensor(closed, query)]
  const added = keys.dtype === 'bool' ? where(keys, open, shut) : keys
  return reshape(added, [batch, 1, 1, count])
}

/**
 * Inputs of the fused operator for `keys`: a mask, or a bias. A bias [B, M] is repeated for every query,
 * [B, 1, N, M]; one of shape [heads, N, M] is shared by all images.
 */
function keyInputs(emitter: Emitter, keys: Tensor | undefined, query: Tensor): string[] {
  if (keys === undefined) return []
  const name = emitter.nameOf(keys)
  if (keys.shape.length === 4) return ['', '', name]
  if (isFullBias(keys)) return ['', '', emitter.node('Unsqueeze', [name, int64List(emitter, [0])])]
  if (keys.dtype === 'bool') return ['', emitter.node('Cast', [name], { to: onnxDTypes.int32 })]
  const row = emitter.node('Unsqueeze', [name, int64List(emitter, [1, 2])])
  const queries = emitter.node('Shape', [emitter.nameOf(query)], { start: 1, end: 2 })
  const [ones, one] = [int64List(emitter, [1, 1]), int64List(emitter, [1])]
  const size = emitter.node('Concat', [ones, queries, one], { axis: 0 })
  return ['', '', emitter.node('Expand', [row, size])]
}

function checkKeys(keys: Tensor, query: Tensor, key: Tensor, heads: number): void {
  const [, queries] = dims(query, '_ _ _', 'attention')
  const [, count] = dims(key, '_ _ _', 'attention')
  const typed = keys.dtype === key.dtype
  const pairs = [heads, queries, count]
  if (typed && (sameShape(keys.shape, pairs) || sameShape(keys.shape, [...key.shape.slice(0, 1), ...pairs])))
    return
  if ((typed || keys.dtype === 'bool') && sameShape(keys.shape, key.shape.slice(0, 2))) return
  throw new ShapeError(
    `attention: active keys ${keys.dtype} ${shapeText(keys.shape)} for key ${shapeText(key.shape)}. Needs bool [B, M], or a bias of the key's type, [B, M] or [${heads}, ${queries}, ${count}] for all images or each.`,
  )
}

/** Query, key, value, and the mask or bias of the keys. */
type AttentionInputs = readonly [Tensor, Tensor, Tensor, ...Tensor[]]

const attentionOp: Operator<AttentionAttributes, AttentionInputs, readonly [Tensor]> = {
  name: 'MultiHeadAttention',
  // A full bias has rows for all queries, so they cannot be computed apart.
  rows: ([_q, _k, _v, keys]) => (keys !== undefined && isFullBias(keys) ? [] : [0]),
  infer: ([query, key, value, keys], { heads }) => {
    const width = query.shape[2]
    checkSameType('attention', [query, key, value])
    if (query.shape.length !== 3 || typeof width !== 'number' || !(heads > 0 && width % heads === 0))
      throw new ShapeError(
        `attention: query ${shapeText(query.shape)} for ${heads} heads. Needs [B, N, heads * D].`,
      )
    if (!sameShape(key.shape, value.shape) || key.shape[0] !== query.shape[0] || key.shape[2] !== width)
      throw new ShapeError(
        `attention: query ${shapeText(query.shape)}, key ${shapeText(key.shape)}, value ${shapeText(value.shape)} do not fit. Needs [B, M, ${width}] twice.`,
      )
    if (keys) checkKeys(keys, query, key, heads)
    return [query]
  },
  cost: ([query, key], _y, size) => {
    const [, count] = dims(key, '_ _ _', 'attention')
    return 2 * size(query.shape) * size([count])
  },
  expand([query, key, value, keys], { heads }) {
    const scaled = mul(query, headSize(query, heads) ** -0.5)
    const columns = transpose(headsFirst(key, heads), [0, 1, 3, 2])
    const scores = matMul(headsFirst(scaled, heads), columns)
    const weights = softmax(keys === undefined ? scores : add(scores, scoreBias(keys, query)), -1)
    const mixed = matMul(weights, headsFirst(value, heads))
    return [reshape(transpose(mixed, [0, 2, 1, 3]), query.shape)]
  },
  emit(emitter, { inputs: [query, key, value, keys], outputs: [y], attributes }) {
    const names = [query, key, value].map((tensor) => emitter.nameOf(tensor))
    emitter.node(
      'MultiHeadAttention',
      [...names, ...keyInputs(emitter, keys, query)],
      {
        num_heads: attributes.heads,
        ...(keys?.dtype === 'bool' && { mask_filter_value: { float: closed } }),
      },
      [emitter.nameOf(y)],
      'com.microsoft',
    )
  },
}

/**
 * softmax(q k^T / sqrt(D)) v for every head.
 * query: [B, N, C], key and value: [B, M, C] -> [B, N, C], with C = heads * D.
 *
 * `keys` as bool [B, M] is a mask: keys where it is false are left out. It carries no gradient, and every
 * image needs at least one active key. As a bias of the type of `key`, [B, M], [heads, N, M] or
 * [B, heads, N, M], it is added to the scores: softmax(q k^T / sqrt(D) + keys) v.
 *
 * With the compile option `fused` it is one operator, otherwise standard operators.
 */
export function attention(query: Tensor, key: Tensor, value: Tensor, heads: number, keys?: Tensor): Tensor {
  return apply(attentionOp, [query, key, value, ...(keys === undefined ? [] : [keys])], { heads })[0]
}
