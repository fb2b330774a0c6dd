import { describeOp, drawn, elementwise, type Plain, tensor } from '../testing/index.ts'
import { gelu, relu } from './activation.ts'
import { mul } from './elementwise.ts'

describeOp('relu', (x) => relu(x as typeof x), {
  cases: [
    { inputs: [drawn([3, 4], 0, (stream) => (stream.uniform() + 0.1) * (stream.integer(2) * 2 - 1))] },
    {
      inputs: [tensor([3], [0, 0, 0])],
      gradient: (x) => mul(x as typeof x, 0),
      name: 'at 0, where the slope is 0',
    },
    { inputs: [tensor([0, 4], [])], shapes: [['K', 4]] },
  ],
  reference: (x) => elementwise((value) => Math.max(value, 0), x as Plain),
})

/** The standard normal's distribution by Simpson's rule from 0, exact to 1e-12 at this step. */
function distribution(x: number): number {
  const steps = 400
  const width = x / steps
  let sum = 0
  for (let i = 0; i <= steps; i++)
    sum += Math.exp(-0.5 * (i * width) ** 2) * (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2)
  return 0.5 + (sum * width) / 3 / Math.sqrt(2 * Math.PI)
}
describeOp('gelu', (x) => gelu(x as typeof x), {
  dtype: 'float32',
  cases: [
    { inputs: [drawn([3, 4])] },
    { inputs: [tensor([5], [-4, -1, 0, 1, 4])] },
    { inputs: [drawn([2, 3])], shapes: [['B', 3]] },
  ],
  reference: (x) => elementwise((value) => value * distribution(value), x as Plain),
})
