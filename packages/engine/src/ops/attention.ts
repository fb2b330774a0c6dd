import { ShapeError } from '../graph/errors.ts'
import { onnxDTypes } from '../graph/onnx-dtype.ts'
import { checkSameType } from '../graph/same-type.ts'
import { asTensor } from '../graph/scalar.ts'
import { type Dim, divideDims, sameShape, shapeText } from '../graph/shape.ts'
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
  const [b, n, c] = x.shape as [Dim, Dim, Dim]
  return transpose(reshape(x, [b, n, heads, divideDims(c, heads) as Dim]), [0, 2, 1, 3])
}

function headSize(x: Tensor, heads: number): number {
  return Number(x.shape[2]) / heads
}

/** Added to the score of a key that is not active: its weight comes out as exactly 0. */
const closed = -1e9

/** What is added to the scores of the keys: a bias as it is, 0 for active keys and -1e9 for others. [B, 1, 1, M]. */
function addedToScores(keys: Tensor, query: Tensor): Tensor {
  const [batch, count] = keys.shape as [Dim, Dim]
  const [open, shut] = [asTensor(0, query), asTensor(closed, query)]
  const added = keys.dtype === 'bool' ? where(keys, open, shut) : keys
  return reshape(added, [batch, 1, 1, count])
}

/** The fused operator's inputs for `keys`: a mask, or a bias [B, M] written out for every query as [B, 1, N, M]. */
function keyInputs(emitter: Emitter, keys: Tensor | undefined, query: Tensor): string[] {
  if (keys === undefined) return []
  const name = emitter.nameOf(keys)
  if (keys.dtype === 'bool') return ['', emitter.node('Cast', [name], { to: onnxDTypes.int32 })]
  const row = emitter.node('Unsqueeze', [name, int64List(emitter, [1, 2])])
  const queries = emitter.node('Shape', [emitter.nameOf(query)], { start: 1, end: 2 })
  const [ones, one] = [int64List(emitter, [1, 1]), int64List(emitter, [1])]
  const size = emitter.node('Concat', [ones, queries, one], { axis: 0 })
  return ['', '', emitter.node('Expand', [row, size])]
}

const attentionOp: Operator<AttentionAttributes> = {
  name: 'MultiHeadAttention',
  rows: () => [0],
  infer: ([q, k, v, keys], { heads }) => {
    const [query, key, value] = [q as Tensor, k as Tensor, v as Tensor]
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
    if (keys && !(['bool', key.dtype].includes(keys.dtype) && sameShape(keys.shape, key.shape.slice(0, 2))))
      throw new ShapeError(
        `attention: active keys ${keys.dtype} ${shapeText(keys.shape)} for key ${shapeText(key.shape)}. Needs bool [B, M], or a bias of the key's type.`,
      )
    return [query]
  },
  cost: ([q, k], _y, size) => 2 * size((q as Tensor).shape) * size([(k as Tensor).shape[1] as Dim]),
  expand([q, k, v, keys], { heads }) {
    const query = q as Tensor
    const scaled = mul(query, headSize(query, heads) ** -0.5)
    const columns = transpose(headsFirst(k as Tensor, heads), [0, 1, 3, 2])
    const scores = matMul(headsFirst(scaled, heads), columns)
    const weights = softmax(keys === undefined ? scores : add(scores, addedToScores(keys, query)), -1)
    const mixed = matMul(weights, headsFirst(v as Tensor, heads))
    return [reshape(transpose(mixed, [0, 2, 1, 3]), query.shape)]
  },
  emit(emitter, { inputs, outputs: [y], attributes }) {
    const [query, key, value] = inputs.map((tensor) => emitter.nameOf(tensor)) as [string, string, string]
    const keys = inputs[3]
    emitter.node(
      'MultiHeadAttention',
      [query, key, value, ...keyInputs(emitter, keys, inputs[0] as Tensor)],
      {
        num_heads: attributes.heads,
        ...(keys?.dtype === 'bool' && { mask_filter_value: { float: closed } }),
      },
      [emitter.nameOf(y as Tensor)],
      'com.microsoft',
    )
  },
}

/**
 * softmax(q k^T / sqrt(D)) v for every head. query: [B, N, C], key and value: [B, M, C] with C = heads * D -> [B, N, C].
 * `keys`, bool [B, M], leaves out the keys where it is false; it carries no gradient, and every image needs one that is
 * active. Of the keys' own type, it is added to their scores: softmax(q k^T / sqrt(D) + keys) v.
 * One fused operator where the program is compiled with `fused`, standard operators otherwise.
 */
export function attention(query: Tensor, key: Tensor, value: Tensor, heads: number, keys?: Tensor): Tensor {
  const inputs = keys === undefined ? [query, key, value] : [query, key, value, keys]
  return apply(attentionOp, inputs, { heads })[0] as Tensor
}
