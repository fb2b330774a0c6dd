import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluateSize } from '../graph/shape.ts'
import { input, type Tensor } from '../graph/tensor.ts'
import { at, checkOperator, describeOp, drawn, fill, type Plain } from '../testing/index.ts'
import { adaptiveAveragePool } from './adaptive-average-pool.ts'

function means(rows: number, columns: number): (x?: Plain) => Plain {
  return (x) => {
    const [batch, channels, height, width] = (x as Plain).shape as [number, number, number, number]
    return fill([batch, channels, rows, columns], ([b = 0, c = 0, i = 0, j = 0]) => {
      let [sum, count] = [0, 0]
      for (let r = Math.floor((i * height) / rows); r < Math.ceil(((i + 1) * height) / rows); r++)
        for (let s = Math.floor((j * width) / columns); s < Math.ceil(((j + 1) * width) / columns); s++) {
          sum += at(x as Plain, [b, c, r, s])
          count++
        }
      return sum / count
    })
  }
}
const build = (rows: number, columns: number) => (x?: Tensor) =>
  adaptiveAveragePool(x as Tensor, [rows, columns])

for (const count of [1, 2, 3, 6])
  describeOp(`adaptiveAveragePool to ${count} x ${count}`, build(count, count), {
    cases: [
      { inputs: [drawn([2, 3, 4, 4])] },
      { inputs: [drawn([1, 2, 8, 5])], shapes: [['B', 2, 8, 5]], dtype: 'float32' },
    ],
    reference: means(count, count),
    throws: [
      { build: () => adaptiveAveragePool(input('x', [1, 2, 4, 4]), [0, 2]), error: /0,2 cells/ },
      { build: () => adaptiveAveragePool(input('x', [2, 4, 4]), 1), error: /adaptiveAveragePool: the axes/ },
    ],
  })

describe('adaptiveAveragePool', () => {
  it('agrees with loops for random sizes', async () => {
    const size = fc.integer({ min: 1, max: 9 })
    const property = fc.asyncProperty(fc.tuple(size, size, size, size), ([h, w, rows, columns]) =>
      checkOperator(build(rows, columns), [drawn([1, 2, h, w])], means(rows, columns)),
    )
    await fc.assert(property, { numRuns: 10, seed: 8 })
  })

  it('costs one multiply-accumulate per element of the map', () => {
    const { node } = adaptiveAveragePool(input('x', [2, 3, 5, 4]), 2)
    expect(node.op.cost?.(node.inputs, node.outputs, evaluateSize)).toBe(2 * 3 * 5 * 4)
  })
})
