import { DTypeError, ShapeError } from '../graph/errors.ts'
import { type Dim, shapeText } from '../graph/shape.ts'
import { apply, constant, type Operator, type Tensor } from '../graph/tensor.ts'

/** The largest elements along the last axis, in descending order, and their indices. */
export interface TopK {
  /** [..., K] */
  readonly values: Tensor
  /** int64 [..., K] */
  readonly indices: Tensor
}

const topKOp: Operator<{ size: Dim }, readonly [Tensor, Tensor], readonly [Tensor, Tensor]> = {
  name: 'TopK',
  infer: ([x, k], { size }) => {
    const all = x.shape.at(-1)
    if (typeof size === 'number' && typeof all === 'number' && size > all)
      throw new ShapeError(`topK: k is ${size} of ${shapeText(x.shape)}. Ask for no more than there are.`)
    if (k.dtype !== 'int64') throw new DTypeError(`topK: k is ${k.dtype}, not int64. Cast it.`)
    if (k.shape.length !== 1 || k.shape[0] !== 1)
      throw new ShapeError(`topK: k is ${shapeText(k.shape)}, not [1]. Reshape it.`)
    const shape = [...x.shape.slice(0, -1), size]
    return [
      { dtype: x.dtype, shape },
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
 * The k largest elements along the last axis, equal ones in order of index; k = N sorts. x: [..., N]. `k` is
 * a number, or int64 [1] if it is known only at run time; `symbol` then names it in shapes. Carries no
 * gradient.
 */
export function topK(x: Tensor, k: number): TopK
export function topK(x: Tensor, k: Tensor, symbol: string): TopK
export function topK(x: Tensor, k: Tensor | number, symbol = ''): TopK {
  const fixed = typeof k === 'number'
  const count = fixed ? constant({ dtype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(k)) }) : k
  const [values, indices] = apply(topKOp, [x, count], { size: fixed ? k : symbol })
  return { values, indices }
}
