import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluateSize } from '../graph/shape.ts'
import { input, parameter, type Tensor } from '../graph/tensor.ts'
import { at, checkOperator, describeOp, drawn, fill, type Plain } from '../testing/index.ts'
import { gemm, linear, matMul } from './matrix.ts'

/** Sums of products over the last axis of a and the second to last of b; batches are broadcast. */
function product(a: Plain, b: Plain): Plain {
  const [m, k] = a.shape.slice(-2) as [number, number]
  const n = b.shape.at(-1) as number
  const rank = Math.max(a.shape.length, b.shape.length)
  const batch = Array.from({ length: rank - 2 }, (_, axis) => {
    const sizes = [a, b].map(({ shape }) => shape[axis - rank + shape.length] ?? 1)
    return sizes.find((size) => size !== 1) ?? 1
  })
  return fill([...batch, m, n], (place) => {
    const [row, column] = place.slice(-2) as [number, number]
    let sum = 0
    for (let i = 0; i < k; i++)
      sum += at(a, [...place.slice(0, -2), row, i]) * at(b, [...place.slice(0, -2), i, column])
    return sum
  })
}

function swapped(x: Plain): Plain {
  const [m, n] = x.shape as [number, number]
  return fill([n, m], ([row, column]) => at(x, [column as number, row as number]))
}

describeOp('matMul', (a, b) => matMul(a as Tensor, b as Tensor), {
  cases: [
    { inputs: [drawn([3, 4], 'a'), drawn([4, 2], 'b')] },
    { inputs: [drawn([2, 3, 4], 'a'), drawn([2, 4, 5], 'b')] },
    { inputs: [drawn([2, 1, 3, 4], 'a'), drawn([3, 4, 2], 'b')], name: 'batches broadcast' },
    { inputs: [drawn([5, 3, 4], 'a'), drawn([4, 2], 'b')] },
    {
      inputs: [drawn([2, 3, 4], 'a'), drawn([2, 4, 3], 'b')],
      shapes: [
        ['B', 3, 4],
        ['B', 4, 3],
      ],
    },
    {
      inputs: [drawn([0, 4], 'a'), drawn([4, 2], 'b')],
      shapes: [
        ['K', 4],
        [4, 2],
      ],
    },
    {
      inputs: [drawn([3, 0], 'a'), drawn([0, 2], 'b')],
      shapes: [
        [3, 'K'],
        ['K', 2],
      ],
      name: 'empty sums are 0',
    },
  ],
  reference: (a, b) => product(a as Plain, b as Plain),
  throws: [
    {
      build: () => matMul(input('x', [8, 197, 768]), parameter('blocks.0.mlp.fc1.weight', [3072, 768])),
      error: /matMul: inner sizes differ, a \[8, 197, 768\] · b \[3072, 768\].*at blocks\.0\.mlp\.fc1/,
    },
    { build: () => matMul(input('x', [3]), input('y', [3, 2])), error: /rank 2/ },
    { build: () => matMul(input('x', [2, 2, 3]), input('y', [4, 3, 2])), error: /do not broadcast/ },
    { build: () => matMul(input('x', [2, 3]), input('y', [3, 2], 'float64')), error: /types differ/ },
  ],
})

for (const transA of [false, true])
  for (const transB of [false, true])
    describeOp(
      `gemm transA=${transA} transB=${transB}`,
      (a, b, c) => gemm(a as Tensor, b as Tensor, { transA, transB, ...(c && { c }) }),
      {
        cases: [3, 0].flatMap((rows) => {
          const inputs = [
            drawn(transA ? [4, rows] : [rows, 4], 'a'),
            drawn(transB ? [2, 4] : [4, 2], 'b'),
            drawn([2], 'c'),
          ]
          const shapes = [transA ? [4, 'K'] : ['K', 4], transB ? [2, 4] : [4, 2], [2]]
          return [
            { inputs, shapes },
            { inputs: inputs.slice(0, 2), shapes },
          ]
        }),
        reference: (a, b, c) => {
          const [left, right] = [a as Plain, b as Plain]
          const y = product(transA ? swapped(left) : left, transB ? swapped(right) : right)
          return fill(y.shape, (place) => at(y, place) + (c === undefined ? 0 : at(c, place)))
        },
        throws: [
          {
            build: () => gemm(input('a', [5, 7]), input('b', [9, 11]), { transA, transB }),
            error: /inner sizes differ/,
          },
          { build: () => gemm(input('a', [1, 2, 2]), input('b', [2, 2])), error: /needs two matrices/ },
          {
            build: () => gemm(input('a', [2, 2]), input('b', [2, 2]), { c: input('c', [3]) }),
            error: /bias \[3\] for 2 columns/,
          },
          {
            build: () => gemm(input('a', [2, 2]), input('b', [2, 2]), { c: input('c', [2], 'float64') }),
            error: /gemm: types differ/,
          },
        ],
      },
    )

describeOp('linear', (x, w, b) => linear(x as Tensor, w as Tensor, b), {
  cases: [
    { inputs: [drawn([3, 4]), drawn([2, 4], 'w'), drawn([2], 'b')] },
    { inputs: [drawn([2, 3, 4]), drawn([2, 4], 'w'), drawn([2], 'b')] },
    { inputs: [drawn([2, 3, 2, 4]), drawn([2, 4], 'w'), drawn([2], 'b')] },
    { inputs: [drawn([2, 3, 4]), drawn([2, 4], 'w')] },
    ...[1, 3].map((batch) => ({
      inputs: [drawn([batch, 3, 4]), drawn([2, 4], 'w'), drawn([2], 'b')],
      shapes: [['B', 3, 4], [2, 4], [2]],
    })),
    { inputs: [drawn([0, 4]), drawn([2, 4], 'w'), drawn([2], 'b')], shapes: [['K', 4], [2, 4], [2]] },
    { inputs: [drawn([2, 3, 4]), drawn([2, 4], 'w'), drawn([2], 'b')], shapes: [['B', 'N', 4], [2, 4], [2]] },
  ],
  reference: (x, w, b) => {
    const y = product(x as Plain, swapped(w as Plain))
    return fill(y.shape, (place) => at(y, place) + (b === undefined ? 0 : at(b, place)))
  },
  throws: [
    {
      build: () => linear(input('x', ['B', 5]), parameter('blocks.3.mlp.fc2.weight', [2, 4])),
      error: /inner sizes differ.*at blocks\.3\.mlp\.fc2/,
    },
  ],
})

describe('matrix products', () => {
  it('agree with loops for random shapes', async () => {
    const size = fc.integer({ min: 1, max: 4 })
    const property = fc.asyncProperty(
      fc.tuple(size, size, size, size, fc.boolean()),
      ([b, m, k, n, shared]) =>
        checkOperator(
          (x, y) => matMul(x as Tensor, y as Tensor),
          [drawn([b, m, k], 'a'), drawn(shared ? [k, n] : [b, k, n], 'b')],
          (x, y) => product(x as Plain, y as Plain),
        ),
    )
    await fc.assert(property, { numRuns: 15, seed: 3 })
  })

  it('cost M K N multiply-accumulates, however they are read', () => {
    const cost = ({ node }: Tensor): number => node.op.cost?.(node.inputs, node.outputs, evaluateSize) ?? 0
    expect(cost(matMul(input('a', [5, 2, 3]), input('b', [3, 7])))).toBe(5 * 2 * 3 * 7)
    expect(cost(gemm(input('a', [2, 3]), input('b', [3, 7])))).toBe(2 * 3 * 7)
    expect(cost(gemm(input('a', [3, 2]), input('b', [7, 3]), { transA: true, transB: true }))).toBe(2 * 3 * 7)
    expect(cost(gemm(input('a', [0, 3]), input('b', [3, 7])))).toBe(0)
  })
})
