import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dequantizeRows, quantizeRows } from './quantize-rows.ts'

const rowsOf = (columns: number) =>
  fc.array(
    fc.array(fc.float({ noNaN: true, min: Math.fround(-1e30), max: Math.fround(1e30) }), {
      minLength: columns,
      maxLength: columns,
    }),
    {
      minLength: 1,
      maxLength: 5,
    },
  )

describe('quantizeRows', () => {
  it('comes back within half a step of its row, of any numbers', () => {
    fc.assert(
      fc.property(rowsOf(6), fc.constantFrom(127, 7), (rows, limit) => {
        const weights = Float32Array.from(rows.flat())
        const quantized = quantizeRows(weights, rows.length, limit)
        const found = dequantizeRows(quantized)
        for (const [i, weight] of weights.entries()) {
          const scale = quantized.scales[Math.floor(i / 6)] as number
          expect(Math.abs(quantized.values[i] as number)).toBeLessThanOrEqual(limit)
          // The largest number of a row may differ by the rounding of the scale.
          expect(Math.abs((found[i] as number) - weight)).toBeLessThanOrEqual(
            0.5000001 * scale + 1e-6 * Math.abs(weight),
          )
        }
      }),
    )
  })

  it('uses the whole range of every row by itself', () => {
    const { values, scales } = quantizeRows(Float32Array.of(1, -2, 0.5, 1000, 10, -500), 2, 127)
    expect([...values]).toEqual([64, -127, 32, 127, 1, -63])
    expect([...scales]).toEqual([Math.fround(2 / 127), Math.fround(1000 / 127)])
  })

  it('takes rows of zeros and of the smallest numbers', () => {
    const { values, scales } = quantizeRows(Float32Array.of(0, -0, 1e-45, -1e-45), 2, 127)
    expect([...values].map(Math.abs)).toEqual([0, 0, 0, 0])
    expect([...scales]).toEqual([1, 1])
    expect([...dequantizeRows({ values, scales })].map(Math.abs)).toEqual([0, 0, 0, 0])
  })
})
