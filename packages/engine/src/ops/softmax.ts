import { checkAxis } from '../graph/shape.ts'
import { apply, type Operator, type Tensor } from '../graph/tensor.ts'
import { exp, mul, sub } from './elementwise.ts'
import { reduceSum } from './reduce.ts'

const softmaxOp: Operator<{ axis: number }> = {
  name: 'Softmax',
  rows: ([x], { axis }) => (axis === (x as Tensor).shape.length - 1 ? [0] : []),
  infer: ([x]) => [x as Tensor],
  vjp: (_x, [y], [dy], { axis }) => {
    const weighted = mul(y as Tensor, dy as Tensor)
    return [sub(weighted, mul(y as Tensor, reduceSum(weighted, { axes: [axis], keepDims: true })))]
  },
}

/** e^x / sum(e^x) along `axis`. dx = y (dy - sum(y dy)). @throws ShapeError for an axis outside the rank. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return apply(softmaxOp, [x], { axis: checkAxis('softmax', axis, x.shape.length) })[0] as Tensor
}

const logSoftmaxOp: Operator<{ axis: number }> = {
  name: 'LogSoftmax',
  rows: ([x], { axis }) => (axis === (x as Tensor).shape.length - 1 ? [0] : []),
  infer: ([x]) => [x as Tensor],
  vjp: (_x, [y], [dy], { axis }) => [
    sub(dy as Tensor, mul(exp(y as Tensor), reduceSum(dy as Tensor, { axes: [axis], keepDims: true }))),
  ],
}

/** ln(softmax(x)) along `axis`, without overflow. dx = dy - e^y sum(dy). */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return apply(logSoftmaxOp, [x], { axis: checkAxis('logSoftmax', axis, x.shape.length) })[0] as Tensor
}
