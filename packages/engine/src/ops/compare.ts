import type { DType } from '../graph/dtype.ts'
import { DTypeError } from '../graph/errors.ts'
import { onnxDTypes } from '../graph/onnx-dtype.ts'
import { asTensor } from '../graph/scalar.ts'
import { broadcastShapes } from '../graph/shape.ts'
import {
  apply,
  type BinaryOperator,
  type Tensor,
  type TernaryOperator,
  type UnaryOperator,
} from '../graph/tensor.ts'
import { broadcastType, mul } from './elementwise.ts'

function comparison(name: string): (a: Tensor, b: Tensor | number) => Tensor {
  const op: BinaryOperator = {
    name,
    rows: () => 'elements',
    infer: (inputs) => [{ dtype: 'bool', shape: broadcastType(name, inputs).shape }],
    vjp: () => [null, null],
  }
  return (a, b) => apply(op, [a, asTensor(b, a)], {})[0]
}

/** a > b, as bool. */
export const greater: (a: Tensor, b: Tensor | number) => Tensor = comparison('Greater')

/** a == b, as bool. */
export const equal: (a: Tensor, b: Tensor | number) => Tensor = comparison('Equal')

/** a or b of bools. */
export const or: (a: Tensor, b: Tensor | number) => Tensor = comparison('Or')

const whereOp: TernaryOperator = {
  name: 'Where',
  rows: () => 'elements',
  infer: ([condition, a, b]) => {
    if (condition.dtype !== 'bool')
      throw new DTypeError(`where: the condition is ${condition.dtype}, not bool. Compare first.`)
    const { dtype } = broadcastType('where', [a, b])
    return [{ dtype, shape: broadcastShapes('where', [condition.shape, a.shape, b.shape]) }]
  },
  vjp: ([condition, a, b], _y, [dy]) => {
    const zero = asTensor(0, a)
    return [null, where(condition, dy, zero), where(condition, asTensor(0, b), dy)]
  },
}

/** Elements of `a` where `condition` (bool) is true, else of `b`. */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return apply(whereOp, [condition, a, b], {})[0]
}

const castOp: UnaryOperator<{ to: DType }> = {
  name: 'Cast',
  rows: () => 'elements',
  infer: ([x], { to }) => [{ dtype: to, shape: x.shape }],
  vjp: ([x], _y, [dy]) => [isFloat(x.dtype) ? cast(dy, x.dtype) : null],
  emit(emitter, { inputs: [x], outputs: [y], attributes }) {
    const to = onnxDTypes[attributes.to]
    emitter.node('Cast', [emitter.nameOf(x)], { to }, [emitter.nameOf(y)])
  },
}

/** The same values in another element type. Only floating-point inputs take a gradient. */
export function cast(x: Tensor, to: DType): Tensor {
  return x.dtype === to ? x : apply(castOp, [x], { to })[0]
}

/** True if gradients can pass through a type. */
export function isFloat(dtype: DType): boolean {
  return dtype.startsWith('float')
}

/** x where `mask` (bool) is true, 0 elsewhere. */
export function masked(x: Tensor, mask: Tensor): Tensor {
  return mul(x, cast(mask, x.dtype))
}
