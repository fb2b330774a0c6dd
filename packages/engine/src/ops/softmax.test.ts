import type { Tensor } from '../graph/tensor.ts'
import { input } from '../graph/tensor.ts'
import { at, describeOp, drawn, fill, type Plain, tensor } from '../testing/index.ts'
import { logSoftmax, softmax } from './softmax.ts'

/** Logarithm of the softmax along an axis, from its definition. */
function logarithm(x: Plain, axis: number): Plain {
  const size = x.shape[axis] as number
  return fill(x.shape, (place) => {
    const row = Array.from({ length: size }, (_, i) => at(x, place.with(axis, i)))
    const largest = Math.max(...row)
    const sum = row.reduce((total, value) => total + Math.exp(value - largest), 0)
    return at(x, place) - largest - Math.log(sum)
  })
}

for (const axis of [0, 1, 2]) {
  const cases = [{ inputs: [drawn([2, 3, 5])] }, { inputs: [drawn([2, 3, 1])], shapes: [['B', 3, 1]] }]
  describeOp(`softmax along ${axis}`, (x) => softmax(x as Tensor, axis), {
    cases,
    reference: (x) => ({ ...(x as Plain), data: logarithm(x as Plain, axis).data.map(Math.exp) }),
    throws: [{ build: () => softmax(input('x', [2, 3]), 2), error: /softmax: axis 2 outside rank 2/ }],
  })
  describeOp(`logSoftmax along ${axis - 3}`, (x) => logSoftmax(x as Tensor, axis - 3), {
    cases,
    reference: (x) => logarithm(x as Plain, axis),
    throws: [
      { build: () => logSoftmax(input('x', [2, 3]), -3), error: /logSoftmax: axis -3 outside rank 2/ },
    ],
  })
}

for (const [axis, shape] of [
  [1, [1, 3]],
  [0, [3, 1]],
] as const)
  describeOp(`logSoftmax of large numbers along ${axis}`, (x) => logSoftmax(x as Tensor, axis), {
    dtype: 'float32',
    cases: [{ inputs: [tensor([...shape], [1000, 990, -1000])] }],
    gradient: false,
    reference: (x) => logarithm(x as Plain, axis),
  })

describeOp('softmax without rows', (x) => softmax(x as Tensor), {
  cases: [{ inputs: [tensor([0, 3], [])], shapes: [['K', 3]] }],
  reference: (x) => x as Plain,
})
