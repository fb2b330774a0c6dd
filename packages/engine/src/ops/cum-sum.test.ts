import { input, type Tensor } from '../graph/tensor.ts'
import { at, describeOp, fill, type Plain, tensor } from '../testing/index.ts'
import { cumSum } from './cum-sum.ts'

const summed =
  (axis: number, exclusive: boolean) =>
  (x: Plain): Plain =>
    fill(x.shape, (place) => {
      let sum = 0
      const last = (place[axis] as number) + (exclusive ? 0 : 1)
      for (let i = 0; i < last; i++) sum += at(x, place.with(axis, i))
      return sum
    })
const values = tensor([3, 4], [1, 0, 2, 0, 0, 0, 5, 1, 1, 1, 0, 3], 'int64')

for (const axis of [0, 1])
  for (const exclusive of [false, true])
    describeOp(
      `cumSum along ${axis}, exclusive ${exclusive}`,
      (x) => cumSum(x as Tensor, axis, { exclusive }),
      {
        cases: [{ inputs: [values] }, { inputs: [values], shapes: [['B', 4]], name: 'open batch' }],
        reference: (x) => summed(axis, exclusive)(x as Plain),
        gradient: false,
        throws: [{ build: () => cumSum(input('x', [2]), 1), error: /cumSum: axis 1/ }],
      },
    )
