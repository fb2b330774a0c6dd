import { describe, expect, it } from 'vitest'
import { gradients } from '../autodiff/gradients.ts'
import { input, type Tensor } from '../graph/tensor.ts'
import { compile } from '../runtime/node.ts'
import { describeOp, drawn, expectAllclose, fill, type Plain, tensor } from '../testing/index.ts'
import { mul } from './elementwise.ts'
import { argMax, type ReduceOptions, reduceMax, reduceMean, reduceSum } from './reduce.ts'

/** Groups elements by the output they belong to, then reduces each group. */
function reduced(
  x: Plain,
  axes: readonly number[],
  keep: boolean,
  fold: (values: number[]) => number,
): Plain {
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
  const groups = new Map<string, number[]>()
  const key = (place: readonly number[]): string =>
    place.map((i, axis) => (axes.includes(axis) ? 0 : i)).join()
  let index = 0
  fill(x.shape, (place) => {
    const value = x.data[index++] as number
    groups.set(key(place), [...(groups.get(key(place)) ?? []), value])
    return value
  })
  const { data } = fill(kept, (place) => fold(groups.get(key(place)) ?? []))
  return { shape: keep ? kept : x.shape.filter((_, axis) => !axes.includes(axis)), data }
}

const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0)
const rules = {
  reduceSum: { build: reduceSum, fold: sum },
  reduceMean: { build: reduceMean, fold: (values: number[]) => sum(values) / values.length },
  reduceMax: { build: reduceMax, fold: (values: number[]) => Math.max(...values) },
}
const settings: ReduceOptions[] = [
  {},
  { axes: [1] },
  { axes: [0, -1], keepDims: true },
  { axes: [2, 1] },
  { keepDims: true },
]
for (const [name, { build, fold }] of Object.entries(rules))
  for (const options of settings) {
    const axes = options.axes?.map((axis) => (axis + 3) % 3) ?? [0, 1, 2]
    describeOp(`${name} ${JSON.stringify(options)}`, (x) => build(x as Tensor, options), {
      cases: [
        { inputs: [drawn([2, 3, 4])] },
        { inputs: [drawn([3, 2, 4])], shapes: [['B', 2, 4]] },
        { inputs: [drawn([1, 2, 4])], shapes: [['B', 'N', 4]] },
      ],
      reference: (x) => reduced(x as Plain, axes, options.keepDims ?? false, fold),
      throws: [{ build: () => build(input('x', [2, 3]), { axes: [2] }), error: /axis 2 outside rank 2/ }],
    })
  }

describeOp('reduceSum over no rows', (x) => reduceSum(x as Tensor, { axes: [0] }), {
  cases: [{ inputs: [tensor([0, 3], [])], shapes: [['K', 3]] }],
  reference: () => ({ shape: [3], data: [0, 0, 0] }),
})

describeOp('reduceSum of one axis of three unknown ones', (x) => reduceSum(x as Tensor, { axes: [0] }), {
  cases: [{ inputs: [drawn([2, 3, 4])], shapes: [['A', 'B', 'C']] }],
  reference: (x) => reduced(x as Plain, [0], false, sum),
})

describeOp('argMax', (x) => argMax(x as Tensor, 1), {
  gradient: false,
  cases: [
    { inputs: [drawn([3, 5])] },
    { inputs: [tensor([2, 3], [1, 1, 0, 0, 2, 2])], name: 'first of equal ones' },
  ],
  reference: (x) => reduced(x as Plain, [1], false, (values) => values.indexOf(Math.max(...values))),
  throws: [{ build: () => argMax(input('x', [2]), 1), error: /argMax: axis 1 outside rank 1/ }],
})

describe('reductions', () => {
  it('share the gradient evenly among equal largest elements', async () => {
    const x = input('x', [2, 3])
    const loss = reduceSum(mul(reduceMax(x, { axes: [1] }), input('dy', [2])))
    const [gradient] = gradients(loss, [x]) as [Tensor]
    const program = await compile({ gradient })
    const { gradient: found } = await program.run({
      x: Float32Array.of(1, 1, 0, 5, 5, 5),
      dy: Float32Array.of(6, 9),
    })
    await program.release()
    expectAllclose(found, { shape: [2, 3], data: [3, 3, 0, 3, 3, 3] })
  })

  it('of no axes are the tensor itself', () => {
    const x = input('x', [2, 3])
    expect(reduceSum(x, { axes: [] })).toBe(x)
  })
})
