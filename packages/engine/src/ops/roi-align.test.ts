import { describe, expect, it } from 'vitest'
import { gradients } from '../autodiff/gradients.ts'
import type { TensorData } from '../graph/dtype.ts'
import { constant, input, type Tensor } from '../graph/tensor.ts'
import { compile } from '../runtime/node.ts'
import { at, describeOp, drawn, fill, type Plain } from '../testing/index.ts'
import { reduceSum } from './reduce.ts'
import { roiAlign } from './roi-align.ts'

// Inside the map, over its border, far away, long and narrow, empty in one axis and in both.
const places = [
  ...[1.3, 2.1, 9.7, 11.2, -3.1, -2.4, 5.2, 7.3, 8.5, 9.5, 30.5, 31.2, 40, 40, 47, 46],
  ...[0.4, 3.3, 17.6, 4.1, 5, 2, 5, 9, 6, 6, 6, 6],
]
const owners = [0, 1, 1, 0, 1, 0, 1]
const boxes: TensorData<'float64'> = { dtype: 'float64', shape: [7, 4], data: Float64Array.from(places) }
const images: TensorData = { dtype: 'int64', shape: [7], data: BigInt64Array.from(owners, BigInt) }
const scale = 0.5

/** Pooling sample by sample. */
function pooled(bins: number, samples: number): (x?: Plain) => Plain {
  return (x) => {
    const map = x as Plain
    const [, channels, height, width] = map.shape as [number, number, number, number]
    const side = (box: number, place: number): number => (places[4 * box + place] as number) * scale - 0.5
    const along = (from: number, to: number): number[][] => {
      const count = samples || Math.max(Math.ceil((to - from) / bins), 0)
      return Array.from({ length: bins }, (_, bin) =>
        Array.from({ length: count }, (_, s) => from + ((bin + (s + 0.5) / count) * (to - from)) / bins),
      )
    }
    const read = (b: number, c: number, v: number, u: number): number => {
      if (v < -1 || v > height || u < -1 || u > width) return 0
      const [row, column] = [Math.min(Math.max(v, 0), height - 1), Math.min(Math.max(u, 0), width - 1)]
      const [top, left] = [Math.floor(row), Math.floor(column)]
      const [down, right] = [Math.min(top + 1, height - 1), Math.min(left + 1, width - 1)]
      const mixed = (r: number): number =>
        at(map, [b, c, r, left]) * (1 - column + left) + at(map, [b, c, r, right]) * (column - left)
      return mixed(top) * (1 - row + top) + mixed(down) * (row - top)
    }
    return fill([owners.length, channels, bins, bins], ([r = 0, c = 0, i = 0, j = 0]) => {
      const rows = along(side(r, 1), side(r, 3))[i] as number[]
      const columns = along(side(r, 0), side(r, 2))[j] as number[]
      const values = rows.flatMap((v) => columns.map((u) => read(owners[r] as number, c, v, u)))
      return values.length === 0 ? 0 : values.reduce((a, b) => a + b) / values.length
    })
  }
}

for (const [bins, samples] of [
  [2, 0],
  [3, 0],
  [3, 2],
  [1, 1],
] as const)
  describeOp(
    `roiAlign to ${bins} x ${bins}, ${samples || 'adaptive'} samples`,
    (x) =>
      roiAlign(x as Tensor, { boxes: constant(boxes), images: constant(images) }, { bins, scale, samples }),
    {
      cases: [
        { inputs: [drawn([2, 3, 9, 8])] },
        { inputs: [drawn([2, 1, 5, 12])], shapes: [['B', 1, 5, 12]] },
      ],
      reference: pooled(bins, samples),
    },
  )

describe('roiAlign', () => {
  it.each([0, 7])('gives the gradient of %i regions whose number is open', async (count) => {
    const x = input('x', ['B', 2, 9, 8], 'float64')
    const regions = { boxes: input('boxes', ['R', 4], 'float64'), images: input('images', ['R'], 'int64') }
    const y = roiAlign(x, regions, { bins: 3, scale })
    const [slope] = gradients(reduceSum(y), [x])
    const program = await compile({ slope: slope as Tensor }, { threads: 1 })
    const map = { dtype: 'float64', shape: [2, 2, 9, 8], data: new Float64Array(288) } as const
    const feeds = {
      ...{ x: map, boxes: { ...boxes, shape: [count, 4], data: boxes.data.slice(0, 4 * count) } },
      images: { dtype: 'int64', shape: [count], data: BigInt64Array.from(owners.slice(0, count), BigInt) },
    } as const
    const found = await program.run(
      Object.fromEntries(
        Object.entries(feeds).filter(([name]) => program.inputs.some((each) => each.name === name)),
      ),
    )
    await program.release()
    // Each sample within the map gives its share to the sum, whatever lies there.
    const ones = fill([2, 2, 9, 8], () => 1)
    const wanted = count === 0 ? 0 : pooled(3, 0)(ones).data.reduce((a, b) => a + b, 0)
    const sum = Array.from(found.slope?.data ?? [Number.NaN], Number).reduce((a, b) => a + b, 0)
    expect(found.slope?.shape).toEqual([2, 2, 9, 8])
    expect(sum).toBeCloseTo(wanted, 10)
  })

  it('refuses boxes, numbers of images and settings that do not fit', () => {
    const x = input('x', [1, 2, 4, 4])
    const four = input('boxes', [3, 4])
    const three = input('images', [3], 'int64')
    const align = (boxes: Tensor, images: Tensor, bins = 2) =>
      roiAlign(x, { boxes, images }, { bins, scale: 1 })
    expect(() => align(input('boxes', [3, 5]), three)).toThrow(/boxes \[3,5\] and images \[3\] are not/)
    expect(() => align(four, input('images', [2], 'int64'))).toThrow(/images \[2\] are not/)
    expect(() => align(four, input('images', [3]))).toThrow(/not int64/)
    expect(() => align(four, three, 0)).toThrow(/0 bins/)
  })
})
