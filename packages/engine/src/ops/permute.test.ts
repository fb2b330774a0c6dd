import { expect, it } from 'vitest'
import { input, type Tensor } from '../graph/tensor.ts'
import { at, describeOp, drawn, fill, type Plain, tensor } from '../testing/index.ts'
import { inverseOrder, permute } from './permute.ts'

const order = [2, 0, 3, 1]

describeOp('permute', (x) => permute(x as Tensor, 1, order), {
  cases: [
    { inputs: [drawn([2, 4, 3])] },
    { inputs: [drawn([2, 4, 3])], shapes: [['B', 4, 3]], name: 'open batch' },
  ],
  reference: (x) =>
    fill((x as Plain).shape, ([b, i, c]) =>
      at(x as Plain, [b as number, order[i as number] as number, c as number]),
    ),
  throws: [
    {
      build: () => permute(input('x', [2, 3]), 1, [0, 1]),
      error: /2 places, 2 of them distinct, for axis 1/,
    },
    { build: () => permute(input('x', [2, 3]), 1, [0, 1, 1]), error: /3 places, 2 of them distinct/ },
    { build: () => permute(input('x', [2, 3]), 1, [0, 1, 3]), error: /Name each element once/ },
    { build: () => permute(input('x', [2, 'N']), 1, [0, 1]), error: /for axis 1 of \[2, N\]/ },
  ],
})

describeOp('permute of the last axis of whole numbers', (x) => permute(x as Tensor, -1, [1, 0]), {
  cases: [{ inputs: [tensor([3, 2], [1, 2, 3, 4, 5, 6], 'int64')] }],
  reference: (x) => fill([3, 2], ([i, j]) => at(x as Plain, [i as number, 1 - (j as number)])),
  gradient: false,
})

it('leaves out an order that changes nothing', () => {
  const x = input('x', [2, 3])
  expect(permute(x, 1, [0, 1, 2])).toBe(x)
  expect(inverseOrder(order)).toEqual([1, 3, 0, 2])
})
