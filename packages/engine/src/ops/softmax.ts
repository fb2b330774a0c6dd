import { checkAxis } from '../graph/shape.ts'
import { apply, type Tensor, type UnaryOperator } from '../graph/tensor.ts'
import { exp, mul, sub } from './elementwise.ts'
import { reduceSum } from './reduce.ts'
import { int64List } from './shape.ts'

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
  // Along another axis than the last, ONNX Runtime's own operator moves that axis to the end first and back:
  // for [2, 150, 256, 256] along axis 1 it took 6 times as long as these.
  emit(emitter, { inputs: [x], outputs: [y], attributes: { axis } }) {
    const [given, result] = [emitter.nameOf(x), emitter.nameOf(y)]
    if (axis === x.shape.length - 1) {
      emitter.node('LogSoftmax', [given], { axis }, [result])
      return
    }
    const along = int64List(emitter, [axis])
    const reduced = (name: string, of: string): string => emitter.node(name, [of, along], { keepdims: 1 })
    const below = emitter.node('Sub', [given, reduced('ReduceMax', given)])
    const sum = reduced('ReduceSum', emitter.node('Exp', [below]))
    emitter.node('Sub', [below, emitter.node('Log', [sum])], {}, [result])
  },
}

/** ln(softmax(x)) along `axis`, without overflow. dx = dy - e^y sum(dy). */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return apply(logSoftmaxOp, [x], { axis: checkAxis('logSoftmax', axis, x.shape.length) })[0]
}
