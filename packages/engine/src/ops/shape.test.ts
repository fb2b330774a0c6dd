import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { input, parameter, type Tensor } from '../graph/tensor.ts'
import { at, checkOperator, describeOp, drawn, fill, type Plain, tensor } from '../testing/index.ts'
import { expandLike, reshape, transpose } from './shape.ts'

const reshapes: [(number | string)[], number[], (number | string)[], number[]][] = [
  [
    [2, 6],
    [2, 6],
    [3, 4],
    [3, 4],
  ],
  [
    [2, 6],
    [2, 6],
    [1, 2, 2, 3],
    [1, 2, 2, 3],
  ],
  [
    ['B', 12],
    [2, 12],
    ['B', 3, 4],
    [2, 3, 4],
  ],
  [
    ['B', 3, 4],
    [3, 3, 4],
    ['3*B', 4],
    [9, 4],
  ],
  [['12*B'], [24], ['B', 12], [2, 12]],
  [
    ['B', 'N', 4],
    [2, 3, 4],
    ['B*N', 4],
    [6, 4],
  ],
  [
    ['B', 'N', 4],
    [2, 3, 4],
    ['B', 'N', 2, 2],
    [2, 3, 2, 2],
  ],
  [
    ['K', 4],
    [0, 4],
    ['K', 2, 2],
    [0, 2, 2],
  ],
  [['K', 4], [0, 4], ['4*K'], [0]],
  [
    [0, 4],
    [0, 4],
    [4, 0],
    [4, 0],
  ],
  [
    [1, 'B', 3],
    [1, 2, 3],
    ['B', 3],
    [2, 3],
  ],
]
for (const [from, sizes, to, result] of reshapes)
  describeOp(`reshape to [${to}]`, (x) => reshape(x as Tensor, to), {
    cases: [{ inputs: [drawn(sizes)], shapes: [from] }],
    reference: (x) => ({ shape: result, data: (x as Plain).data }),
  })

describeOp('reshape like another', (x, like) => reshape(x as Tensor, ['A', 'B', 4], like), {
  cases: [
    {
      inputs: [drawn([6, 4]), drawn([3, 5, 2], 'like')],
      shapes: [
        ['A*B', 4],
        ['B', 5, 'A'],
      ],
    },
  ],
  reference: (x) => ({ shape: [2, 3, 4], data: (x as Plain).data }),
})

describeOp('transpose', (x) => transpose(x as Tensor, [2, 0, 1]), {
  cases: [
    { inputs: [drawn([2, 3, 4])] },
    { inputs: [drawn([2, 3, 4])], shapes: [['B', 'N', 4]] },
    { inputs: [tensor([0, 3, 4], [])], shapes: [['K', 3, 4]] },
  ],
  reference: (x) => {
    const [a, b, c] = (x as Plain).shape as [number, number, number]
    return fill([c, a, b], ([k, i, j]) => at(x as Plain, [i as number, j as number, k as number]))
  },
  throws: [
    {
      build: () => transpose(input('x', [2, 3]), [0, 0]),
      error: /\[0,0\] is no order of the axes of \[2, 3\]/,
    },
    { build: () => transpose(input('x', [2, 3]), [0]), error: /no order/ },
  ],
})

describeOp('expandLike', (x, like) => expandLike(x as Tensor, like as Tensor), {
  cases: [
    { inputs: [drawn([3, 1]), drawn([2, 3, 4], 'like')] },
    { inputs: [drawn([]), drawn([2, 3], 'like')], shapes: [[], ['B', 3]] },
    {
      inputs: [drawn([1, 3]), drawn([5, 3], 'like')],
      shapes: [
        [1, 3],
        ['B', 3],
      ],
    },
    {
      inputs: [drawn([1, 3]), drawn([0, 3], 'like')],
      shapes: [
        [1, 3],
        ['K', 3],
      ],
    },
  ],
  reference: (x, like) => fill((like as Plain).shape, (place) => at(x as Plain, place)),
  throws: [
    { build: () => expandLike(input('x', [3]), input('y', [2])), error: /expand: shapes do not broadcast/ },
    { build: () => expandLike(input('x', [2, 3]), input('y', [3])), error: /does not broadcast to \[3\]/ },
  ],
})

describe('reshape', () => {
  it('keeps the order of elements for any grouping of axes', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 })
    const property = fc.asyncProperty(sizes, fc.nat(3), (shape, cut) => {
      const joined = [
        shape.slice(0, cut).reduce((a, b) => a * b, 1),
        shape.slice(cut).reduce((a, b) => a * b, 1),
      ]
      return checkOperator(
        (x) => reshape(x as Tensor, joined),
        [drawn(shape)],
        (x) => ({ shape: joined, data: (x as Plain).data }),
      )
    })
    await fc.assert(property, { numRuns: 10, seed: 5 })
  })

  it('refuses other sizes and two unknown ones out of place', () => {
    expect(() => reshape(parameter('pos_embed', [1, 5, 4]), [4, 4])).toThrow(
      /reshape: \[1, 5, 4\] does not hold as many elements as \[4, 4\].*at pos_embed/,
    )
    expect(() => reshape(input('x', ['A*B', 'C']), ['A', 'C', 'B'], input('y', ['C']))).toThrow(/two unknown/)
    expect(() => reshape(input('x', ['B', 4]), ['B', 3])).toThrow(/does not hold/)
    expect(() => reshape(input('x', ['A*B', 4]), ['A', 'B', 4])).toThrow(/two unknown sizes/)
  })

  it('of the same shape is the tensor itself', () => {
    const x = input('x', ['B', 4])
    expect(reshape(x, ['B', 4])).toBe(x)
  })
})
