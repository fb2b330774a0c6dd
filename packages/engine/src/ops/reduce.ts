import { present } from '../graph/present.ts'
import { asTensor } from '../graph/scalar.ts'
import { checkAxis, type Dim, multiplyDims, type Shape } from '../graph/shape.ts'
import { apply, type Tensor, type UnaryOperator } from '../graph/tensor.ts'
import { cast, equal } from './compare.ts'
import { div, mul } from './elementwise.ts'
import { expandLike, int64List, reshape } from './shape.ts'

/** Axes to reduce (default: all); with `keepDims` they stay with size 1. */
export interface ReduceOptions {
  readonly axes?: readonly number[]
  readonly keepDims?: boolean
}

interface ReduceAttributes {
  readonly axes: readonly number[]
  readonly keepDims: boolean
}

type Rule = (x: Tensor, y: Tensor, dy: Tensor, axes: readonly number[]) => Tensor

function reduction(name: string, rule: Rule): (x: Tensor, options?: ReduceOptions) => Tensor {
  const op: UnaryOperator<ReduceAttributes> = {
    name,
    infer: ([x], { axes, keepDims }) => {
      const { dtype, shape } = x
      return [{ dtype, shape: keepDims ? keptShape(shape, axes) : shape.filter((_, i) => !axes.includes(i)) }]
    },
    vjp: ([x], [y], [dy], { axes }) => {
      const kept = keptShape(x.shape, axes)
      const wide = (tensor: Tensor): Tensor => reshape(tensor, kept, x)
      return [rule(x, wide(y), wide(dy), axes)]
    },
    emit(emitter, { inputs: [x], outputs: [y], attributes }) {
      const axes = int64List(emitter, attributes.axes)
      const keepdims = Number(attributes.keepDims)
      emitter.node(name, [emitter.nameOf(x), axes], { keepdims }, [emitter.nameOf(y)])
    },
  }
  return (x, { axes, keepDims = false } = {}) => {
    const all = x.shape.map((_, axis) => axis)
    const chosen = axes?.map((axis) => checkAxis(name, axis, x.shape.length)) ?? all
    return chosen.length === 0 ? x : apply(op, [x], { axes: chosen, keepDims })[0]
  }
}

function keptShape(shape: Shape, axes: readonly number[]): Dim[] {
  return shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
}

/** Sum over axes. */
export const reduceSum: (x: Tensor, options?: ReduceOptions) => Tensor = reduction('ReduceSum', (x, _y, dy) =>
  expandLike(dy, x),
)

/** Mean over axes. */
export const reduceMean: (x: Tensor, options?: ReduceOptions) => Tensor = reduction(
  'ReduceMean',
  (x, _y, dy, axes) => {
    const count = multiplyDims(...axes.map((axis) => present(x.shape[axis], 'an axis')))
    if (typeof count === 'number') return expandLike(mul(dy, 1 / count), x)
    const ones = expandLike(asTensor(1, x), x)
    return div(expandLike(dy, x), reduceSum(ones, { axes, keepDims: true }))
  },
)

/** Maximum over axes. Elements that equal it share the gradient evenly. */
export const reduceMax: (x: Tensor, options?: ReduceOptions) => Tensor = reduction(
  'ReduceMax',
  (x, y, dy, axes) => {
    const largest = cast(equal(x, y), x.dtype)
    return mul(largest, div(dy, reduceSum(largest, { axes, keepDims: true })))
  },
)

const argMaxOp: UnaryOperator<{ axis: number }> = {
  name: 'ArgMax',
  infer: ([x], { axis }) => [{ dtype: 'int64', shape: x.shape.filter((_, i) => i !== axis) }],
  vjp: () => [null],
  emit(emitter, { inputs: [x], outputs: [y], attributes: { axis } }) {
    const names = [emitter.nameOf(x)]
    emitter.node('ArgMax', names, { axis, keepdims: 0 }, [emitter.nameOf(y)])
  },
}

/** Index of the largest element along `axis` (the first of equal ones), int64. */
export function argMax(x: Tensor, axis: number): Tensor {
  return apply(argMaxOp, [x], { axis: checkAxis('argMax', axis, x.shape.length) })[0]
}
