import { type Shape, sameShape } from '../graph/shape.ts'
import type { Tensor } from '../graph/tensor.ts'
import { reduceSum } from './reduce.ts'
import { reshape } from './shape.ts'

/** Sum of `gradient` over the axes along which `shape` was broadcast, so that it has that shape again. */
export function unbroadcast(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient
  const extra = gradient.shape.length - shape.length
  const axes = gradient.shape.map((_, axis) => axis)
  const summed = axes.filter((axis) => axis < extra || shape[axis - extra] !== gradient.shape[axis])
  return reshape(reduceSum(gradient, { axes: summed, keepDims: true }), shape)
}
