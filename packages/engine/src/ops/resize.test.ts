import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluateSize } from '../graph/shape.ts'
import { input, type Tensor } from '../graph/tensor.ts'
import { at, checkOperator, describeOp, drawn, fill, type Plain } from '../testing/index.ts'
import { resize } from './resize.ts'

/** Bilinear interpolation, result by result. */
function interpolated(rows: number, columns: number, alignCorners: boolean): (x?: Plain) => Plain {
  return (x) => {
    const [batch, channels, height, width] = (x as Plain).shape as [number, number, number, number]
    const position = (i: number, count: number, size: number): number => {
      if (alignCorners) return count > 1 ? (i * (size - 1)) / (count - 1) : 0
      return Math.max(((i + 0.5) * size) / count - 0.5, 0)
    }
    return fill([batch, channels, rows, columns], ([b = 0, c = 0, i = 0, j = 0]) => {
      const [v, u] = [position(i, rows, height), position(j, columns, width)]
      const [top, left] = [Math.floor(v), Math.floor(u)]
      const [down, right] = [Math.min(top + 1, height - 1), Math.min(left + 1, width - 1)]
      const row = (r: number): number =>
        at(x as Plain, [b, c, r, left]) * (1 - u + left) + at(x as Plain, [b, c, r, right]) * (u - left)
      return row(top) * (1 - v + top) + row(down) * (v - top)
    })
  }
}

for (const alignCorners of [false, true])
  for (const [rows, columns] of [
    [6, 8],
    [7, 3],
    [1, 2],
    [3, 9],
  ] as const)
    describeOp(
      `resize to ${rows} x ${columns}, alignCorners ${alignCorners}`,
      (x) => resize(x as Tensor, [rows, columns], { alignCorners }),
      {
        dtype: 'float32',
        cases: [
          { inputs: [drawn([2, 3, 3, 4])] },
          { inputs: [drawn([1, 2, 3, 4])], shapes: [['B', 2, 3, 4]] },
        ],
        reference: interpolated(rows, columns, alignCorners),
      },
    )

describe('resize', () => {
  it('agrees with loops for random sizes', async () => {
    const size = fc.integer({ min: 1, max: 9 })
    const property = fc.asyncProperty(
      fc.tuple(size, size, size, size, fc.boolean()),
      ([h, w, rows, columns, corners]) =>
        checkOperator(
          (x) => resize(x as Tensor, [rows, columns], { alignCorners: corners }),
          [drawn([1, 2, h, w])],
          interpolated(rows, columns, corners),
          { dtype: 'float32' },
        ),
    )
    await fc.assert(property, { numRuns: 15, seed: 7 })
  })

  it('costs four multiply-accumulates per result, nothing where the size stays', () => {
    const x = input('x', [2, 3, 4, 4])
    const { node } = resize(x, [8, 5])
    expect(node.op.cost?.(node.inputs, node.outputs, evaluateSize)).toBe(4 * 2 * 3 * 8 * 5)
    expect(resize(x, 4)).toBe(x)
  })

  it('refuses sizes that are none', () => {
    expect(() => resize(input('x', ['B', 3, 4, 4]), [0, 2])).toThrow(/resize: rows and columns 0,2/)
    expect(() => resize(input('x', ['B', 3, 'H', 4]), 2)).toThrow(/resize: the axes do not fit/)
  })
})
