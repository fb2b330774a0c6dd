import type { Tensor } from '../graph/tensor.ts'
import { describeOp, drawn, fill, type Plain } from '../testing/index.ts'
import { unbroadcast } from './unbroadcast.ts'

const over = (x: Plain, shape: readonly number[]): Plain => {
  const sums = fill(shape, () => 0)
  const data = [...sums.data]
  const skipped = x.shape.length - shape.length
  let index = 0
  fill(x.shape, (place) => {
    let to = 0
    for (const [axis, size] of shape.entries())
      to = to * size + (size === 1 ? 0 : (place[axis + skipped] as number))
    data[to] = (data[to] as number) + (x.data[index++] as number)
    return 0
  })
  return { shape, data }
}
for (const shape of [[], [4], [3, 1], [1, 1, 4], [2, 3, 4]])
  describeOp(`unbroadcast to [${shape}]`, (x) => unbroadcast(x as Tensor, shape), {
    cases: [
      { inputs: [drawn([2, 3, 4])] },
      ...(shape.length < 3 ? [{ inputs: [drawn([2, 3, 4])], shapes: [['B', 3, 4]] }] : []),
    ],
    reference: (x) => over(x as Plain, shape),
  })
