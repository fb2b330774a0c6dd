import { input, type Tensor } from '../graph/tensor.ts'
import { describeOp, type Plain, tensor } from '../testing/index.ts'
import { topK } from './top-k.ts'

/** The first k of each row, sorted by descending value, then by index. */
function reference(x: Plain, k: Plain): readonly Plain[] {
  const [rows, columns] = x.shape as readonly [number, number]
  const count = k.data[0] as number
  const chosen = Array.from({ length: rows }, (_, row) => {
    const all = Array.from({ length: columns }, (_, place) => ({
      place,
      value: x.data[row * columns + place] ?? 0,
    }))
    return all.sort((a, b) => b.value - a.value || a.place - b.place).slice(0, count)
  }).flat()
  const shape = [rows, count]
  return [
    { shape, data: chosen.map(({ value }) => value) },
    { shape, data: chosen.map(({ place }) => place) },
  ]
}
const scores = tensor([3, 5], [0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 3, -1, 3, 7, 2], 'float32')

describeOp(
  'topK',
  (x, k) => {
    const { values, indices } = topK(x as Tensor, k as Tensor, 'K')
    return [values, indices]
  },
  {
    cases: [0, 1, 3, 5].map((k) => ({
      inputs: [scores, tensor([1], [k], 'int64')],
      shapes: [['B', 5], [1]],
      name: `k = ${k}`,
    })),
    reference: (x, k) => reference(x as Plain, k as Plain),
    dtype: 'float32',
    gradient: false,
    throws: [
      {
        build: () => topK(input('x', [2, 3]), input('k', [1], 'int32'), 'K').values,
        error: /topK: k is int32/,
      },
      {
        build: () => topK(input('x', [2, 3]), input('k', [2], 'int64'), 'K').values,
        error: /\[2\], not \[1\]/,
      },
    ],
  },
)

describeOp(
  'topK of a fixed number',
  (x) => {
    const { values, indices } = topK(x as Tensor, 2)
    return [values, indices]
  },
  {
    cases: [{ inputs: [scores] }, { inputs: [scores], shapes: [['B', 5]], name: 'open batch' }],
    reference: (x) => reference(x as Plain, { shape: [1], data: [2] }),
    dtype: 'float32',
    gradient: false,
    throws: [{ build: () => topK(input('x', [2, 3]), 4).values, error: /topK: k is 4 of \[2, 3\]/ }],
  },
)
