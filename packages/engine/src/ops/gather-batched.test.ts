import { input, type Tensor } from '../graph/tensor.ts'
import { at, describeOp, drawn, fill, type Plain, tensor } from '../testing/index.ts'
import { gatherBatched, scatterAddBatched } from './gather-batched.ts'

const indices = tensor([2, 4], [2, 0, 2, 1, 0, 0, 1, 2], 'int64')
const open = [
  ['B', 3, 5],
  ['B', 4],
  ['B', 4, 5],
]
const x = input('x', ['B', 3, 5])

function gathered(from: Plain, places: Plain): Plain {
  const shape = [...places.shape, from.shape[2] as number]
  return fill(shape, ([b, k, c]) =>
    at(from, [b as number, at(places, [b as number, k as number]), c as number]),
  )
}

function scattered(from: Plain, places: Plain, updates: Plain): Plain {
  const count = places.shape[1] as number
  return fill(from.shape, ([b, n, c]) => {
    let sum = at(from, [b as number, n as number, c as number])
    for (let k = 0; k < count; k++)
      if (at(places, [b as number, k]) === n) sum += at(updates, [b as number, k, c as number])
    return sum
  })
}

describeOp('gatherBatched', (from, places) => gatherBatched(from as Tensor, places as Tensor), {
  cases: [
    { inputs: [drawn([2, 3, 5]), indices], name: 'rows that repeat' },
    { inputs: [drawn([2, 3, 5]), indices], shapes: open, name: 'open batch' },
    { inputs: [drawn([2, 3, 1]), indices], name: 'one column' },
  ],
  reference: (from, places) => gathered(from as Plain, places as Plain),
  throws: [
    {
      build: () => gatherBatched(x, input('i', ['B', 4], 'int32')),
      error: /gatherBatched: indices are int32/,
    },
    { build: () => gatherBatched(x, input('i', [2, 4], 'int64')), error: /indices \[2, 4\] for \[B, 3, 5\]/ },
  ],
})

describeOp(
  'gatherBatched of whole numbers',
  (from, places) => gatherBatched(from as Tensor, places as Tensor),
  {
    cases: [{ inputs: [tensor([2, 3, 1], [1, 2, 3, 4, 5, 6], 'int64'), indices] }],
    reference: (from, places) => gathered(from as Plain, places as Plain),
    gradient: false,
  },
)

describeOp(
  'scatterAddBatched',
  (from, places, updates) => scatterAddBatched(from as Tensor, places as Tensor, updates as Tensor),
  {
    cases: [
      { inputs: [drawn([2, 3, 5]), indices, drawn([2, 4, 5], 'u')], name: 'repeats add up' },
      { inputs: [drawn([2, 3, 5]), indices, drawn([2, 4, 5], 'u')], shapes: open, name: 'open batch' },
      { inputs: [drawn([2, 3, 1]), indices, drawn([2, 4, 1], 'u')], name: 'one column' },
    ],
    reference: (from, places, updates) => scattered(from as Plain, places as Plain, updates as Plain),
    throws: [
      {
        build: () => scatterAddBatched(x, input('i', ['B', 4], 'int64'), input('u', ['B', 3, 5])),
        error: /updates \[B, 3, 5\], not \[B, 4, 5\]/,
      },
    ],
  },
)
