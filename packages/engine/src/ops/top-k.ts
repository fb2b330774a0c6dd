import { DTypeError, ShapeError } from '../graph/errors.ts'
import { shapeText } from '../graph/shape.ts'
import { apply, type Operator, type Tensor } from '../graph/tensor.ts'

/** The largest elements of the last axis, in falling order, and where they were. */
export interface TopK {
  /** [..., K] */
  readonly values: Tensor
  /** int64 [..., K] */
  readonly indices: Tensor
}

const topKOp: Operator<{ symbol: string }> = {
  name: 'TopK',
  infer: ([x, k], { symbol }) => {
    const [values, count] = [x as Tensor, k as Tensor]
    if (count.dtype !== 'int64') throw new DTypeError(`topK: k is ${count.dtype}, not int64. Cast it.`)
    if (count.shape.length !== 1 || count.shape[0] !== 1)
      throw new ShapeError(`topK: k is ${shapeText(count.shape)}, not [1]. Reshape it.`)
    const shape = [...values.shape.slice(0, -1), symbol]
    return [
      { dtype: values.dtype, shape },
      { dtype: 'int64', shape },
    ]
  },
  emit(emitter, { inputs, outputs }) {
    const names = inputs.map((tensor) => emitter.nameOf(tensor))
    const attributes = { axis: -1, largest: 1, sorted: 1 }
    emitter.node(
      'TopK',
      names,
      attributes,
      outputs.map((tensor) => emitter.nameOf(tensor)),
    )
  },
}

/**
 * The k largest elements along the last axis, equal ones in their order of place. x: [..., N], k: int64 [1], a number that
 * may be known at run time only; `symbol` names it in shapes. Carries no gradient.
 */
export function topK(x: Tensor, k: Tensor, symbol: string): TopK {
  const [values, indices] = apply(topKOp, [x, k], { symbol }) as readonly [Tensor, Tensor]
  return { values, indices }
}
