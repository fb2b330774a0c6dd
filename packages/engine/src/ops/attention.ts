import { ShapeError } from '../graph/errors.ts'
import { checkSameType } from '../graph/same-type.ts'
import { type Dim, divideDims, sameShape, shapeText } from '../graph/shape.ts'
import { apply, type Operator, type Tensor } from '../graph/tensor.ts'
import { mul } from './elementwise.ts'
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

const attentionOp: Operator<AttentionAttributes> = {
  name: 'MultiHeadAttention',
  infer: ([q, k, v], { heads }) => {
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
    return [query]
  },
  cost: ([q, k], _y, size) => 2 * size((q as Tensor).shape) * size([(k as Tensor).shape[1] as Dim]),
  expand([q, k, v], { heads }) {
    const query = q as Tensor
    const scaled = mul(query, headSize(query, heads) ** -0.5)
    const keys = transpose(headsFirst(k as Tensor, heads), [0, 1, 3, 2])
    const weights = softmax(matMul(headsFirst(scaled, heads), keys), -1)
    const mixed = matMul(weights, headsFirst(v as Tensor, heads))
    return [reshape(transpose(mixed, [0, 2, 1, 3]), query.shape)]
  },
  emit(emitter, { inputs, outputs: [y], attributes }) {
    emitter.node(
      'MultiHeadAttention',
      inputs.map((tensor) => emitter.nameOf(tensor)),
      { num_heads: attributes.heads },
      [emitter.nameOf(y as Tensor)],
      'com.microsoft',
    )
  },
}

/**
 * softmax(q k^T / sqrt(D)) v for every head. query: [B, N, C], key and value: [B, M, C] with C = heads * D -> [B, N, C].
 * One fused operator where the program is compiled with `fused`, standard operators otherwise.
 */
export function attention(query: Tensor, key: Tensor, value: Tensor, heads: number): Tensor {
  return apply(attentionOp, [query, key, value], { heads })[0] as Tensor
}
