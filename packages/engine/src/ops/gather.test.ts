import { describe, it } from 'vitest'
import { gradients } from '../autodiff/gradients.ts'
import { constant, input, type Tensor } from '../graph/tensor.ts'
import { compile } from '../runtime/node.ts'
import {
  at,
  checkOperator,
  describeOp,
  drawn,
  expectAllclose,
  fill,
  type Plain,
  tensor,
} from '../testing/index.ts'
import { cast } from './compare.ts'
import { mul } from './elementwise.ts'
import { gather, gatherRows, nonZero, oneHot, scatterAddRows, scatterRows, zerosLike } from './gather.ts'
import { reduceSum } from './reduce.ts'
import { reshape } from './shape.ts'

const rows = (...indices: number[]) => tensor([indices.length, 1], indices, 'int64')
const rowsAt = (x: Plain, indices: Plain): Plain =>
  fill([indices.data.length, ...x.shape.slice(1)], ([k, ...rest]) =>
    at(x, [indices.data[k as number] as number, ...rest]),
  )
const scattered =
  (join: (old: number, update: number) => number) =>
  (...[x, indices, updates]: Plain[]): Plain =>
    fill((x as Plain).shape, ([row, ...rest]) =>
      (indices as Plain).data.reduce(
        (value, target, k) => (target === row ? join(value, at(updates as Plain, [k, ...rest])) : value),
        at(x as Plain, [row as number, ...rest]),
      ),
    )
const wrongType = input('i', ['K', 1], 'int32')

describeOp('gatherRows', (x, i) => gatherRows(x as Tensor, i as Tensor), {
  cases: [
    { inputs: [drawn([4, 3]), rows(2, 0)] },
    { inputs: [drawn([4, 3]), rows(1, 1, 3, 1)], name: 'repeats' },
    ...[rows(), rows(0, 3), rows(3, 2, 1, 0)].map((i) => ({
      inputs: [drawn([4, 2, 2]), i],
      shapes: [
        ['R', 2, 2],
        ['K', 1],
      ],
    })),
  ],
  reference: (x, i) => rowsAt(x as Plain, i as Plain),
  throws: [
    { build: () => gatherRows(input('x', [4, 3]), wrongType), error: /gatherRows: indices are int32/ },
    { build: () => gatherRows(input('x', [4, 3]), input('i', ['K'], 'int64')), error: /\[K\], not \[K, 1\]/ },
  ],
})

const scatterCases = [
  { inputs: [drawn([4, 3]), rows(2, 0), drawn([2, 3], 'u')] },
  ...[rows(), rows(1), rows(3, 2, 1, 0)].map((i) => ({
    inputs: [drawn([4, 3]), i, drawn([i.shape[0] as number, 3], 'u')],
    shapes: [
      ['R', 3],
      ['K', 1],
      ['K', 3],
    ],
  })),
]
const scatterThrows = (build: typeof scatterRows) => [
  { build: () => build(input('x', [4, 3]), wrongType, input('u', ['K', 3])), error: /indices are int32/ },
  {
    build: () => build(input('x', [4, 3]), input('i', ['K', 1], 'int64'), input('u', ['K', 2])),
    error: /updates \[K, 2\], not \[K, 3\]/,
  },
  {
    build: () => build(input('x', [4, 3]), input('i', ['K', 2], 'int64'), input('u', ['K', 3])),
    error: /indices \[K, 2\], not \[K, 1\]/,
  },
  {
    build: () => build(input('x', [4, 3]), input('i', ['K', 1], 'int64'), input('u', ['K', 3], 'float64')),
    error: /types differ/,
  },
]
describeOp('scatterRows', (x, i, u) => scatterRows(x as Tensor, i as Tensor, u as Tensor), {
  cases: scatterCases,
  reference: scattered((_old, update) => update),
  throws: scatterThrows(scatterRows),
})
describeOp('scatterAddRows', (x, i, u) => scatterAddRows(x as Tensor, i as Tensor, u as Tensor), {
  cases: [
    ...scatterCases,
    { inputs: [drawn([3, 2]), rows(1, 1, 2, 1), drawn([4, 2], 'u')], name: 'repeats' },
  ],
  reference: scattered((old, update) => old + update),
  throws: scatterThrows(scatterAddRows),
})

describeOp('gather', (x, i) => gather(x as Tensor, i as Tensor, 1), {
  gradient: false,
  cases: [
    { inputs: [drawn([2, 4]), tensor([3], [3, 0, 0], 'int64')] },
    { inputs: [drawn([2, 4, 2]), tensor([2, 2], [0, 1, 2, 3], 'int64')] },
    { inputs: [drawn([2, 4]), tensor([0], [], 'int64')], shapes: [['B', 4], ['K']] },
  ],
  reference: (x, i) => {
    const [input, indices] = [x as Plain, i as Plain]
    const shape = [input.shape[0] as number, ...indices.shape, ...input.shape.slice(2)]
    const depth = indices.shape.length
    return fill(shape, ([first, ...rest]) =>
      at(input, [first as number, at(indices, rest.slice(0, depth)), ...rest.slice(depth)]),
    )
  },
  throws: [
    { build: () => gather(input('x', [4]), input('i', [2]), 0), error: /gather: indices are float32/ },
  ],
})

describeOp('nonZero', (x) => nonZero(x as Tensor, 'K'), {
  gradient: false,
  dtype: 'float32',
  cases: [
    { inputs: [tensor([2, 3], [0, 1, 0, 2, 0, -1])] },
    { inputs: [tensor([2, 2], [0, 0, 0, 0])], name: 'none' },
    { inputs: [tensor([4], [1, 0, 1, 1], 'bool')], shapes: [['R']] },
  ],
  reference: (x) => {
    const places: number[][] = []
    fill((x as Plain).shape, (place) => {
      if (at(x as Plain, place) !== 0) places.push([...place])
      return 0
    })
    const rank = (x as Plain).shape.length
    return fill([rank, places.length], ([axis, k]) => places[k as number]?.[axis as number] as number)
  },
})

describeOp('oneHot', (labels, classes) => oneHot(reshape(labels as Tensor, [3, 1]), classes as Tensor), {
  gradient: false,
  cases: [{ inputs: [tensor([3], [2, 0, 1], 'int64'), tensor([4], [0, 1, 2, 3], 'int64')] }],
  reference: (labels) =>
    fill([3, 4], ([row, column]) => Number((labels as Plain).data[row as number] === column)),
})

describeOp('zerosLike', (x) => zerosLike(x as Tensor), {
  cases: [{ inputs: [drawn([2, 3])], shapes: [['B', 3]] }, { inputs: [drawn([])] }],
  reference: (x) => fill((x as Plain).shape, () => 0),
})

describe('kept rows', () => {
  const kept = (x: Tensor, gate: Tensor): Tensor => {
    const indices = reshape(nonZero(gate, 'K'), ['K', 1])
    const active = mul(gatherRows(x, indices), 3)
    return scatterAddRows(x, indices, active)
  }
  for (const gate of [
    [0, 0, 0, 0],
    [0, 1, 0, 1],
    [1, 1, 1, 1],
  ])
    it(`of gate ${gate} are computed, the others pass`, () =>
      checkOperator(
        (x, mask) => kept(x as Tensor, cast(mask as Tensor, 'bool')),
        [drawn([4, 3]), tensor([4], gate, 'int64')],
        (x, mask) =>
          fill([4, 3], (place) => at(x as Plain, place) * (at(mask as Plain, place.slice(0, 1)) ? 4 : 1)),
        { shapes: [['R', 3], ['R']] },
      ))
})

describe('rows that repeat often', () => {
  const [count, width] = [20_000, 16]
  const repeated = constant(
    tensor(
      [count, 1],
      Array.from({ length: count }, (_, i) => i % 3),
      'int64',
    ),
  )

  it('add up exactly on several threads', async () => {
    const zeros = constant(tensor([3, width], new Array<number>(3 * width).fill(0), 'float32'))
    const updates = input('updates', [count, width])
    const program = await compile({ sum: scatterAddRows(zeros, repeated, updates) }, { threads: 4 })
    const ones = new Float32Array(count * width).fill(1)
    for (let i = 0; i < 3; i++) {
      const { sum } = await program.run({ updates: ones })
      expectAllclose(
        sum,
        fill([3, width], ([row]) => Math.ceil((count - (row as number)) / 3)),
        { rtol: 0, atol: 0 },
      )
    }
    await program.release()
  })

  it('have the summed gradient on several threads', async () => {
    const x = input('x', [3, width])
    const [gradient] = gradients(reduceSum(gatherRows(x, repeated)), [x]) as [Tensor]
    const program = await compile({ gradient }, { threads: 4 })
    const { gradient: found } = await program.run({})
    await program.release()
    expectAllclose(
      found,
      fill([3, width], ([row]) => Math.ceil((count - (row as number)) / 3)),
      { rtol: 0, atol: 0 },
    )
  })
})
