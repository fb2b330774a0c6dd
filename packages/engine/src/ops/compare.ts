import type { DType } from '../graph/dtype.ts'
import { DTypeError } from '../graph/errors.ts'
import { onnxDTypes } from '../graph/onnx-dtype.ts'
import { asTensor } from '../graph/scalar.ts'
import { broadcastShapes } from '../graph/shape.ts'
import { apply, type Operator, type Tensor } from '../graph/tensor.ts'
import { broadcastType, mul } from './elementwise.ts'

function comparison(name: string): (a: Tensor, b: Tensor | number) => Tensor {
  const op: Operator = {
    name,
    rows: 'elements',
    infer: (inputs) => [{ dtype: 'bool', shape: broadcastType(name, inputs).shape }],
    vjp: () => [null, null],
  }
  return (a, b) => apply(op, [a, asTensor(b, a)], {})[0] as Tensor
}

/** a > b, as bool. */
export const greater: (a: Tensor, b: Tensor | number) => Tensor = comparison('Greater')

/** a == b, as bool. */
export const equal: (a: Tensor, b: Tensor | number) => Tensor = comparison('Equal')

/** a or b of bools. */
export const or: (a: Tensor, b: Tensor | number) => Tensor = comparison('Or')

const whereOp: Operator = {
  name: 'Where',
  rows: 'elements',
  infer: ([condition, a, b]) => {
    const inputs = [condition, a, b] as readonly Tensor[]
    if (condition?.dtype !== 'bool')
      throw new DTypeError(`where: the condition is ${condition?.dtype}, not bool. Compare first.`)
    const { dtype } = broadcastType('where', inputs.slice(1))
    return [
      {
        dtype,
        shape: broadcastShapes(
          'where',
          inputs.map((x) => x.shape),
        ),
      },
    ]
  },
  vjp: ([condition, a, b], _y, [dy]) => {
    const zero = asTensor(0, a as Tensor)
    return [
      null,
      where(condition as Tensor, dy as Tensor, zero),
      where(condition as Tensor, asTensor(0, b as Tensor), dy as Tensor),
    ]
  },
}

/** Elements of `a` where `condition` (bool) holds, else of `b`. */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return apply(whereOp, [condition, a, b], {})[0] as Tensor
}

const castOp: Operator<{ to: DType }> = {
  name: 'Cast',
  rows: 'elements',
  infer: ([x], { to }) => [{ dtype: to, shape: (x as Tensor).shape }],
  vjp: ([x], _y, [dy]) => [isFloat((x as Tensor).dtype) ? cast(dy as Tensor, (x as Tensor).dtype) : null],
  emit(emitter, { inputs: [x], outputs: [y], attributes }) {
    const to = onnxDTypes[attributes.to]
    emitter.node('Cast', [emitter.nameOf(x as Tensor)], { to }, [emitter.nameOf(y as Tensor)])
  },
}

/** The same values in another element type. Only floating-point inputs take a gradient. */
export function cast(x: Tensor, to: DType): Tensor {
  return x.dtype === to ? x : (apply(castOp, [x], { to })[0] as Tensor)
}

/** Whether gradients can pass through a type. */
export function isFloat(dtype: DType): boolean {
  return dtype.startsWith('float')
}

/** x where a mask of bools holds, 0 elsewhere. */
export function masked(x: Tensor, mask: Tensor): Tensor {
  return mul(x, cast(mask, x.dtype))
}
