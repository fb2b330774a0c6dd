import { describe, expect, it } from 'vitest'
import type { Pixels } from '../../sources/pixels.ts'
import { affine, cornerShear, rotation, shear, translation } from './affine.ts'
import { bicubic } from './bicubic.ts'
import { flip } from './flip.ts'

/** Red values, row by row. */
function red({ data }: Pixels): number[] {
  return [...data].filter((_, i) => i % 3 === 0)
}

/** An image with the given red values; green is one more, blue two more. */
function image(width: number, values: readonly number[]): Pixels {
  const data = Uint8Array.from(values.flatMap((value) => [value, value + 1, value + 2]))
  return { width, height: values.length / width, data }
}

const nine = image(3, [10, 20, 30, 40, 50, 60, 70, 80, 90])

describe('flip', () => {
  it('mirrors left to right, channels in place', () => {
    expect(flip(nine)).toEqual(image(3, [30, 20, 10, 60, 50, 40, 90, 80, 70]))
  })
})

describe('affine', () => {
  it('turns clockwise by quarter turns exactly', () => {
    expect(red(affine(nine, rotation(90)))).toEqual([70, 40, 10, 80, 50, 20, 90, 60, 30])
    expect(red(affine(nine, rotation(180)))).toEqual([90, 80, 70, 60, 50, 40, 30, 20, 10])
  })

  it('moves right and down, black coming in', () => {
    expect(red(affine(nine, translation(1, 0)))).toEqual([0, 10, 20, 0, 40, 50, 0, 70, 80])
    expect(red(affine(nine, translation(0, -1)))).toEqual([40, 50, 60, 70, 80, 90, 0, 0, 0])
    expect(red(affine(nine, translation(0.5, 0)))).toEqual([5, 15, 25, 20, 45, 55, 35, 75, 85])
  })

  it('slants about the middle', () => {
    expect(red(affine(nine, shear(1, 0)))).toEqual([0, 10, 20, 40, 50, 60, 80, 90, 0])
    expect(red(affine(nine, shear(0, 1)))).toEqual([0, 20, 60, 10, 50, 90, 40, 80, 0])
  })

  it('slants about the top left corner', () => {
    // Row y reads y + 1/2 pixels further right: the first row is the mean of neighbours.
    expect(red(affine(nine, cornerShear(1, 0, nine)))).toEqual([15, 25, 15, 55, 30, 0, 45, 0, 0])
    expect(red(affine(nine, cornerShear(0, 1, nine)))).toEqual([25, 65, 45, 55, 40, 0, 35, 0, 0])
    const six = image(3, [10, 20, 30, 40, 50, 60])
    expect(cornerShear(0.5, 0.25, six)).toMatchObject({ b: 0.5, c: 0.25, tx: 0.5, ty: 0.375 })
  })

  it('keeps the channels and images that are not square', () => {
    const six = image(3, [10, 20, 30, 40, 50, 60])
    expect(affine(six, translation(0, 0))).toEqual(six)
    expect(affine(six, rotation(180))).toEqual(image(3, [60, 50, 40, 30, 20, 10]))
    expect(affine(six, translation(1, 1)).data).toEqual(
      Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 11, 12, 20, 21, 22),
    )
    expect(affine(six, translation(0.5, 0.25)).data.subarray(9)).toEqual(
      // 3/4 of the row, 1/4 of the one above, each the mean of two columns: 0.75 (0, 40) + 0.25 (0, 10), ...
      Uint8Array.of(16, 17, 17, 38, 39, 40, 48, 49, 50),
    )
  })
})

describe('bicubic', () => {
  const at = (x: number, y: number): number[] => {
    const out = new Uint8Array(5).fill(7)
    bicubic(99)(nine, x, y, out, 1)
    expect([out[0], out[4]]).toEqual([7, 7])
    return [...out.subarray(1, 4)]
  }

  it('gives pixels at their centres, and a cubic between them that repeats the border', () => {
    expect(at(1.5, 1.5)).toEqual([50, 51, 52])
    expect(at(0.5, 2.5)).toEqual([70, 71, 72])
    // Right of column 1 of 40, 50, 60 come 60 and 60 again.
    const cubic = (p: number, q: number, r: number, s: number, t: number): number =>
      q + t * (r - p) + t ** 2 * (2 * p - 2 * q + r - s) + t ** 3 * (q - p + s - r)
    expect(at(1.75, 1.5)[0]).toBe(Math.floor(cubic(40, 50, 60, 60, 0.25)))
    expect(at(2.25, 1.5)[0]).toBe(Math.floor(cubic(40, 50, 60, 60, 0.75)))
    expect(at(1.5, 1.75)[1]).toBe(Math.floor(cubic(21, 51, 81, 81, 0.25)))
    expect(at(0.25, 1.5)[2]).toBe(Math.floor(cubic(42, 42, 42, 52, 0.75)))
  })

  it('fills what is outside, the right and lower border included', () => {
    const outside = [99, 99, 99]
    expect([at(-0.01, 1), at(1, -0.01), at(3, 1), at(1, 3)]).toEqual([outside, outside, outside, outside])
    expect([at(0, 0.5), at(2.99, 0.5), at(0.5, 0), at(0.5, 2.99)].map(([r]) => r)).toEqual([8, 31, 6, 73])
  })

  it('stays in a byte where the cubic overshoots', () => {
    const steps = image(4, [0, 0, 253, 253])
    const out = new Uint8Array(3)
    const values = [1.25, 2.75].map((x) => {
      bicubic(99)(steps, x, 0.5, out, 0)
      return out[0]
    })
    expect(values).toEqual([0, 255])
  })
})
