import { describe, expect, it } from 'vitest'
import type { Pixels } from '../data/sources/pixels.ts'
import { DataError } from '../errors.ts'
import { countActive, heatColour, heatTokens, overlayTokens, type TokenGrid } from './token-overlay.ts'

/** An image of one colour. */
function flat(height: number, width: number, rgb: [number, number, number]): Pixels {
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => rgb[i % 3] as number)
  return { data, height, width }
}
const at = (image: Pixels, y: number, x: number): number[] => [
  ...image.data.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 3),
]
const grid = (rows: number, columns: number, values: number[]): TokenGrid => ({ rows, columns, values })
const red: [number, number, number] = [200, 0, 0]

describe('overlayTokens', () => {
  it('keeps active tokens, greys skipped ones by the luminance, and draws the lines between', () => {
    const shown = overlayTokens(flat(8, 8, red), grid(2, 2, [1, 0, 1, 1]))
    expect(at(shown, 1, 1)).toEqual([200, 0, 0])
    // 26 + 0.3 · (0.299 · 200) = 43.94
    expect(at(shown, 1, 6)).toEqual([44, 44, 44])
    // Left column, row 4: both sides active, white at 16 %. Between active and skipped: 85 %.
    expect(at(shown, 4, 1)).toEqual([209, 41, 41])
    expect(at(shown, 4, 6)).toEqual([247, 217, 217])
    expect(at(shown, 6, 6)).toEqual([200, 0, 0])
  })
  it('divides sizes that are no multiple of the grid', () => {
    const shown = overlayTokens(flat(5, 7, red), grid(2, 3, [0, 0, 0, 0, 0, 1]))
    expect(at(shown, 4, 6)).toEqual([200, 0, 0])
    expect(at(shown, 0, 0)).toEqual([44, 44, 44])
  })
  it('leaves the given image alone', () => {
    const image = flat(4, 4, red)
    overlayTokens(image, grid(2, 2, [0, 0, 0, 0]))
    expect(image).toEqual(flat(4, 4, red))
  })
  it('refuses sizes that do not fit', () => {
    const image = flat(4, 4, red)
    expect(() => overlayTokens({ ...image, width: 5 }, grid(1, 1, [1]))).toThrow(DataError)
    expect(() => overlayTokens(image, grid(2, 2, [1, 1, 1, 1, 1]))).toThrow(/5 tokens for a 2 × 2 grid/)
    expect(() => overlayTokens(image, grid(5, 5, Array(25).fill(1)))).toThrow(/finer than the 4 × 4 image/)
  })
})

describe('countActive and heatTokens', () => {
  it('counts layers per token', () => {
    const layers = [grid(1, 3, [1, 0, 1]), grid(1, 3, [1, 0, 0]), grid(1, 3, [1, 0, 1])]
    expect([...Array.from(countActive(layers).values)]).toEqual([3, 0, 2])
    const [fine, coarse] = [grid(2, 4, [1, 0, 1, 0, 0, 0, 0, 1]), grid(1, 2, [0, 1])]
    for (const both of [
      [fine, coarse],
      [coarse, fine],
    ])
      expect(countActive(both)).toEqual({
        values: Float32Array.of(1, 0, 2, 1, 0, 0, 1, 2),
        rows: 2,
        columns: 4,
      })
    expect(() => countActive([])).toThrow(DataError)
    expect(() => countActive([grid(1, 2, [1, 1]), grid(2, 1, [1, 1])])).toThrow(/2 × 1 beside 1 × 2/)
  })
  it('colours from violet to yellow over the grey image', () => {
    expect([heatColour(-1), heatColour(0.5), heatColour(1)]).toEqual([
      [68, 1, 84],
      [33, 145, 140],
      [253, 231, 37],
    ])
    const shown = heatTokens(flat(2, 4, [100, 100, 100]), grid(1, 2, [0, 6]), 6)
    expect(at(shown, 0, 0)).toEqual([80, 39, 90])
    expect(at(shown, 0, 3)).toEqual([195, 181, 61])
  })
})
