import { checkAxis } from '../graph/shape.ts'
import { apply, type Tensor, type UnaryOperator } from '../graph/tensor.ts'
import { exp, mul, sub } from './elementwise.ts'
import { reduceSum } from './reduce.ts'

const softmaxOp: UnaryOperator<{ axis: number }> = {
  name: 'Softmax',
  rows: ([x], { axis }) => (axis === x.shape.length - 1 ? [0] : []),
  infer: ([x]) => [x],
  vjp: (_x, [y], [dy], { axis }) => {
    const weighted = mul(y, dy)
    return [sub(weighted, mul(y, reduceSum(weighted, { axes: [axis], keepDims: true })))]
  },
}

/** e^x / sum(e^x) along `axis`. dx = y (dy - sum(y dy)). @throws ShapeError for an axis outside the rank. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return apply(softmaxOp, [x], { axis: checkAxis('softmax', axis, x.shape.length) })[0]
}

const logSoftmaxOp: UnaryOperator<{ axis: number }> = {
  name: 'LogSoftmax',
  rows: ([x], { axis }) => (axis === x.shape.length - 1 ? [0] : []),
  infer: ([x]) => [x],
  vjp: (_x, [y], [dy], { axis }) => [sub(dy, mul(exp(y), reduceSum(dy, { axes: [axis], keepDims: true })))],
}

/** ln(softmax(x)) along `axis`, without overflow. dx = dy - e^y sum(dy). */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return apply(logSoftmaxOp, [x], { axis: checkAxis('logSoftmax', axis, x.shape.length) })[0]
}
