import { ShapeError } from '../graph/errors.ts'
import { onnxDTypes } from '../graph/onnx-dtype.ts'
import { checkSameType } from '../graph/same-type.ts'
import { asTensor } from '../graph/scalar.ts'
import { type Dim, divideDims, sameShape, shapeText } from '../graph/shape.ts'
import { apply, type Operator, type Tensor } from '../graph/tensor.ts'
import { where } from './compare.ts'
import { add, mul } from './elementwise.ts'
import { matMul } from './matrix.ts'
import { reshape, transpose } from './shape.ts'
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

/** 0 for active keys and -1e9 for others: bool [B, M] -> [B, 1, 1, M] like `query`. */
function closing(active: Tensor, query: Tensor): Tensor {
  const [batch, keys] = active.shape as [Dim, Dim]
  const [open, shut] = [asTensor(0, query), asTensor(closed, query)]
  return reshape(where(active, open, shut), [batch, 1, 1, keys])
}

const attentionOp: Operator<AttentionAttributes> = {
  name: 'MultiHeadAttention',
  infer: ([q, k, v, active], { heads }) => {
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
    if (active && !(active.dtype === 'bool' && sameShape(active.shape, key.shape.slice(0, 2))))
      throw new ShapeError(
        `attention: active keys ${active.dtype} ${shapeText(active.shape)} for key ${shapeText(key.shape)}. Needs bool [B, M].`,
      )
    return [query]
  },
  cost: ([q, k], _y, size) => 2 * size((q as Tensor).shape) * size([(k as Tensor).shape[1] as Dim]),
  expand([q, k, v, active], { heads }) {
    const query = q as Tensor
    const scaled = mul(query, headSize(query, heads) ** -0.5)
    const keys = transpose(headsFirst(k as Tensor, heads), [0, 1, 3, 2])
    const scores = matMul(headsFirst(scaled, heads), keys)
    const weights = softmax(active === undefined ? scores : add(scores, closing(active, query)), -1)
    const mixed = matMul(weights, headsFirst(v as Tensor, heads))
    return [reshape(transpose(mixed, [0, 2, 1, 3]), query.shape)]
  },
  emit(emitter, { inputs, outputs: [y], attributes }) {
    const [query, key, value, active] = inputs.map((tensor) => emitter.nameOf(tensor))
    const mask = active === undefined ? [] : ['', emitter.node('Cast', [active], { to: onnxDTypes.int32 })]
    emitter.node(
      'MultiHeadAttention',
      [query as string, key as string, value as string, ...mask],
      { num_heads: attributes.heads, ...(active !== undefined && { mask_filter_value: { float: closed } }) },
      [emitter.nameOf(y as Tensor)],
      'com.microsoft',
    )
  },
}

/**
 * softmax(q k^T / sqrt(D)) v for every head. query: [B, N, C], key and value: [B, M, C] with C = heads * D -> [B, N, C].
 * `activeKeys`, bool [B, M], leaves out all other keys; it carries no gradient, and every image needs one that is active.
 * One fused operator where the program is compiled with `fused`, standard operators otherwise.
 */
export function attention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  heads: number,
  activeKeys?: Tensor,
): Tensor {
  const inputs = activeKeys === undefined ? [query, key, value] : [query, key, value, activeKeys]
  return apply(attentionOp, inputs, { heads })[0] as Tensor
}
