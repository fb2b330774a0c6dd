import { input, parameter, type Tensor } from '../graph/tensor.ts'
import { at, describeOp, drawn, fill, type Plain, tensor } from '../testing/index.ts'
import { mul } from './elementwise.ts'
import { concat, pad, slice, split } from './slice.ts'

const moved = (place: readonly number[], axis: number, by: number): number[] =>
  place.map((i, at) => (at === axis ? i + by : i))
const resized = (x: Plain, axis: number, size: number): number[] => [...x.shape].with(axis, size)

describeOp('slice', (x) => slice(x as Tensor, 1, 1, 3), {
  cases: [
    { inputs: [drawn([2, 4])] },
    { inputs: [drawn([2, 3, 2])], shapes: [['B', 3, 2]] },
    { inputs: [tensor([0, 4], [])], shapes: [['K', 4]] },
    { inputs: [tensor([1, 4], [1, 2, 3, 4], 'int64')], gradient: false },
  ],
  reference: (x) => fill(resized(x as Plain, 1, 2), (place) => at(x as Plain, moved(place, 1, 1))),
  throws: [
    { build: () => slice(input('x', [2, 4]), 1, 2, 5), error: /slice: 2\.\.5 outside axis 1 of \[2, 4\]/ },
    { build: () => slice(input('x', [2, 4]), 0, 1, 1), error: /slice: 1\.\.1/ },
    { build: () => slice(input('x', ['B', 4]), 0, 0, 1), error: /slice: axis 0 of \[B, 4\] is unknown/ },
    { build: () => slice(parameter('pos_embed', [1, 4]), 2, 0, 1), error: /slice: axis 2 outside rank 2/ },
  ],
})

describeOp('pad', (x) => pad(x as Tensor, -1, 2, 1), {
  cases: [
    { inputs: [drawn([2, 3])] },
    { inputs: [drawn([2, 3])], shapes: [['B', 3]] },
    { inputs: [tensor([0, 3], [])], shapes: [['K', 3]] },
  ],
  reference: (x) =>
    fill(resized(x as Plain, 1, 6), (place) => {
      const column = (place[1] as number) - 2
      return column < 0 || column >= 3 ? 0 : at(x as Plain, moved(place, 1, -2))
    }),
  throws: [
    { build: () => pad(input('x', ['B', 4]), 0, 1, 1), error: /pad: axis 0 of \[B, 4\] is unknown/ },
    { build: () => pad(input('x', [2, 4]), 0, -1, 1), error: /pad: -1 before/ },
  ],
})

describeOp('concat', (...inputs) => concat(inputs, 1), {
  cases: [
    { inputs: [drawn([2, 3], 'a'), drawn([2, 1], 'b'), drawn([2, 2], 'c')] },
    {
      inputs: [drawn([2, 1, 2], 'a'), drawn([2, 3, 2], 'b')],
      shapes: [
        ['B', 1, 2],
        ['B', 3, 2],
      ],
    },
    {
      inputs: [tensor([0, 1], []), tensor([0, 2], [])],
      shapes: [
        ['K', 1],
        ['K', 2],
      ],
    },
    { inputs: [drawn([3, 2])] },
  ],
  reference: (...inputs) => {
    const total = inputs.reduce((sum, x) => sum + (x.shape[1] as number), 0)
    return fill(resized(inputs[0] as Plain, 1, total), (place) => {
      let column = place[1] as number
      for (const x of inputs) {
        if (column < (x.shape[1] as number)) return at(x, moved(place, 1, column - (place[1] as number)))
        column -= x.shape[1] as number
      }
      return Number.NaN
    })
  },
  throws: [
    {
      build: () => concat([input('a', [2, 3]), input('b', [3, 3])], 1),
      error: /concat: \[2, 3\] and \[3, 3\] differ/,
    },
    {
      build: () => concat([input('a', [2, 3]), input('b', [2, 3], 'float64')], 1),
      error: /concat: types differ/,
    },
    {
      build: () => concat([input('a', ['B', 3]), input('b', ['B', 3])], 0),
      error: /axis 0 of \[B, 3\] is unknown/,
    },
    { build: () => concat([], 0), error: /concat: no tensors/ },
  ],
})

for (const axis of [0, -1])
  describeOp(`split along ${axis}`, (x) => split(x as Tensor, axis, 3), {
    cases: [
      { inputs: [drawn([6, 3])] },
      ...(axis === 0 ? [] : [{ inputs: [drawn([2, 6])], shapes: [['B', 6]] }]),
      ...(axis === 0 ? [] : [{ inputs: [tensor([0, 3], [])], shapes: [['K', 3]] }]),
    ],
    reference: (x) => {
      const input = x as Plain
      const at0 = (axis + 2) % 2
      const size = (input.shape[at0] as number) / 3
      return [0, 1, 2].map((i) =>
        fill(resized(input, at0, size), (place) => at(input, moved(place, at0, i * size))),
      )
    },
    throws: [
      {
        build: () => split(input('x', [4, 4]), axis, 3),
        error: /split: axis \d of \[4, 4\] is no multiple of 3/,
      },
    ],
  })

describeOp('split with a part nobody reads', (x) => mul(split(x as Tensor, 0, 2)[1] as Tensor, 2), {
  cases: [{ inputs: [drawn([4, 2])] }],
  reference: (x) => fill([2, 2], (place) => 2 * at(x as Plain, moved(place, 0, 2))),
})
