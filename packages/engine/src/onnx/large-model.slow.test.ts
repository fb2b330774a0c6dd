import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { TensorData } from '../graph/dtype.ts'
import { constant, input } from '../graph/tensor.ts'
import { mul } from '../ops/elementwise.ts'
import { linear } from '../ops/matrix.ts'
import { compile, openModelFile } from '../runtime/node.ts'
import { expectAllclose } from '../testing/index.ts'
import { writeModel } from './file.ts'
import { lower } from './lower.ts'

const size = 12_288
/** Small multiples of 1/8, so that their sums can be compared exactly enough. */
const weightAt = (row: number, column: number): number => (((row * 7 + column * 3) % 11) - 5) / 8

function multiplied(x: Float64Array): Float64Array {
  return Float64Array.from({ length: size }, (_, row) =>
    x.reduce((sum, value, column) => sum + value * weightAt(row, column), 0),
  )
}
const leftovers = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('dynamic-tuning-'))

describe('a model with over a gigabyte of weights', () => {
  it('is written, opened and run within 4 GB', { timeout: 300_000 }, async () => {
    const data = new Float32Array(size * size)
    for (let row = 0; row < size; row++)
      for (let column = 0; column < size; column++) data[row * size + column] = weightAt(row, column)
    // Two views of one array: two weights in the file, but the memory of one.
    const [first, second] = ['first', 'second'].map((name) =>
      constant({ dtype: 'float32', shape: [size, size], data: data.subarray() }, name),
    )
    const x = input('x', [1, size])
    const y = linear(mul(linear(x, first as typeof x), 1 / 64), second as typeof x)
    const vector = Float64Array.from({ length: size }, (_, i) => ((i % 5) - 2) / 4)
    const wanted = multiplied(multiplied(vector).map((value) => value / 64))
    const feeds = { x: { dtype: 'float32', shape: [1, size], data: Float32Array.from(vector) } as TensorData }
    const before = leftovers()
    const folder = mkdtempSync(join(tmpdir(), 'large-model-'))
    try {
      const path = join(folder, 'model.onnx')
      writeModel(path, lower({ y }), { external: true })
      expect(statSync(`${path}_data`).size).toBeGreaterThan(2 ** 30)
      expect(statSync(path).size).toBeLessThan(2 ** 14)
      const file = await openModelFile(path, { prepack: false })
      const program = await compile({ y }, { prepack: false })
      for (const session of [file, program]) {
        const { y: found } = await session.run(feeds)
        expectAllclose(
          found as TensorData,
          { shape: [1, size], data: Array.from(wanted) },
          { rtol: 1e-4, atol: 0.05 },
        )
        await session.release()
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
    expect(leftovers().filter((name) => !before.includes(name))).toEqual([])
    expect(process.resourceUsage().maxRSS / 2 ** 20).toBeLessThan(4)
  })
})
