import { describe, expect, it } from 'vitest'
import type { Pixels } from '../../sources/pixels.ts'
import { pattern } from '../../testing/pattern.ts'
import { cut, resizeBilinear } from './bilinear.ts'

const grey = (width: number, height: number, values: readonly number[]): Pixels => ({
  ...{ width, height },
  data: Uint8Array.from(values.flatMap((value) => [value, 255 - value, 7])),
})
const red = ({ data }: Pixels): number[] => [...data].filter((_, i) => i % 3 === 0)

/** Bilinear interpolation in double precision, one value at a time. */
function plain(image: Pixels, width: number, height: number): number[] {
  const at = (y: number, x: number, c: number): number =>
    image.data[
      (Math.min(Math.max(y, 0), image.height - 1) * image.width + Math.min(Math.max(x, 0), image.width - 1)) *
        3 +
        c
    ] ?? Number.NaN
  const values: number[] = []
  for (let i = 0; i < height; i++)
    for (let j = 0; j < width; j++)
      for (let c = 0; c < 3; c++) {
        const y = ((i + 0.5) * image.height) / height - 0.5
        const x = ((j + 0.5) * image.width) / width - 0.5
        const [top, left] = [Math.floor(y), Math.floor(x)]
        const upper = at(top, left, c) * (left + 1 - x) + at(top, left + 1, c) * (x - left)
        const lower = at(top + 1, left, c) * (left + 1 - x) + at(top + 1, left + 1, c) * (x - left)
        values.push(upper * (top + 1 - y) + lower * (y - top))
      }
  return values
}

describe('resizeBilinear', () => {
  it('interpolates, and rounds in the fixed point of OpenCV', () => {
    // Positions -0.25, 0.25, 0.75, 1.25: the ends are the edge pixels.
    expect(red(resizeBilinear(grey(2, 1, [0, 100]), { width: 4, height: 1 }))).toEqual([0, 25, 75, 100])
    expect(red(resizeBilinear(grey(1, 2, [0, 100]), { width: 1, height: 4 }))).toEqual([0, 25, 75, 100])
    // Position 0.5 between 10 and 21, twice: 15.5 and a quarter of both rows
    expect(red(resizeBilinear(grey(2, 2, [10, 21, 30, 44]), { width: 1, height: 1 }))).toEqual([26])
    // Halved without widening: of four columns the middle of each two.
    expect(red(resizeBilinear(grey(8, 1, [0, 0, 90, 10, 0, 0, 0, 0]), { width: 2, height: 1 }))).toEqual([
      45, 0,
    ])
  })

  it('splits a row beyond the edge between its two weights, whose products are cut one by one', () => {
    // Columns give 0, 0.5, 1.5, 2; each row is a quarter and three quarters of it, cut before their sum.
    const size = { width: 4, height: 2 }
    expect(red(resizeBilinear(grey(2, 1, [0, 2]), size))).toEqual([0, 0, 1, 2, 0, 0, 1, 2])
    expect(red(resizeBilinear(grey(2, 1, [0, 2]), { ...size, height: 1 }))).toEqual([0, 1, 2, 2])
  })

  it('is within a level of exact interpolation at any size', () => {
    for (const [width, height] of [
      [5, 4],
      [20, 31],
      [13, 3],
      [40, 9],
      [1, 1],
    ] as const) {
      const got = resizeBilinear(pattern(), { width, height })
      const exact = plain(pattern(), width, height)
      expect([got.width, got.height, got.data.length]).toEqual([width, height, exact.length])
      for (const [i, value] of exact.entries()) expect(Math.abs((got.data[i] ?? -9) - value)).toBeLessThan(1)
    }
  })

  it('makes a part of the result as it is in the whole', () => {
    const size = { width: 29, height: 17 }
    const whole = resizeBilinear(pattern(), size)
    for (const box of [
      { left: 3, top: 5, width: 11, height: 9 },
      { left: 28, top: 16, width: 1, height: 1 },
      { left: 0, top: 8, width: 29, height: 9 },
    ])
      expect(resizeBilinear(pattern(), size, box)).toEqual(cut(whole, box))
  })

  it('changes a picture that keeps one of its sides, and cuts one', () => {
    const four = grey(2, 2, [0, 100, 40, 60])
    expect(red(resizeBilinear(four, { width: 2, height: 1 }))).toEqual([20, 80])
    expect(red(resizeBilinear(four, { width: 1, height: 2 }))).toEqual([50, 50])
    const part = (left: number, top: number, width: number, height: number): number[] =>
      red(cut(four, { left, top, width, height }))
    expect([part(0, 0, 2, 1), part(0, 0, 1, 2), part(0, 1, 2, 1), part(1, 0, 1, 2)]).toEqual([
      [0, 100],
      [0, 40],
      [40, 60],
      [100, 60],
    ])
  })

  it('changes nothing at the same size', () => {
    expect(resizeBilinear(pattern(), { width: 13, height: 9 })).toEqual(pattern())
    const box = { left: 2, top: 1, width: 2, height: 2 }
    expect(resizeBilinear(grey(4, 3, [...Array(12).keys()]), { width: 4, height: 3 }, box)).toEqual(
      grey(2, 2, [6, 7, 10, 11]),
    )
  })
})
