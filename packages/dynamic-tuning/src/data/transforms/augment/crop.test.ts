import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import type { Pixels } from '../../sources/pixels.ts'
import { pattern } from '../../testing/pattern.ts'
import { scriptedRandom } from '../../testing/scripted-random.ts'
import { resize } from '../resize.ts'
import { randomBox, randomCrop, randomResizedCrop, shortSideJitter } from './crop.ts'

const range = { scale: [0.25, 0.75], ratio: [0.5, 2] } as const
const landscape = { width: 200, height: 100 }

describe('randomBox', () => {
  it('has the area and the ratio drawn, at the place drawn', () => {
    // Area 20,000 * (0.25 + 0.5 * 0.5) = 10,000; ratio exp(ln 0.5 + 2 ln 2 * 0.5) = 1.
    expect(randomBox(landscape, range, scriptedRandom(0.5, 0.5, 0.999, 0.999))).toEqual({
      ...{ width: 100, height: 100, top: 0, left: 100 },
    })
    // Area 5,000, ratio 0.5: 50 x 100. Area 5,000, ratio 2: 100 x 50, at row 25 of 0 ... 50.
    expect(randomBox(landscape, range, scriptedRandom(0, 0, 0.5, 0.5))).toEqual({
      ...{ width: 50, height: 100, top: 0, left: 75 },
    })
    expect(randomBox(landscape, range, scriptedRandom(0, 1, 0.5, 0))).toEqual({
      ...{ width: 100, height: 50, top: 25, left: 0 },
    })
    // Area 8,000 (0.4), ratio exp(ln 0.5 + 2 ln 2 * 0.75) = 2 ** 0.5: 106.4 x 75.2.
    expect(randomBox(landscape, range, scriptedRandom(0.3, 0.75, 0, 0.999))).toEqual({
      ...{ width: 106, height: 75, top: 0, left: 94 },
    })
  })

  it('may be as large as the image, and one pixel small', () => {
    const whole = { scale: [1, 1], ratio: [2, 2] } as const
    const expected = { width: 200, height: 100, top: 0, left: 0 }
    expect(randomBox(landscape, whole, scriptedRandom(0.9, 0.9, 0.99, 0.99))).toEqual(expected)
    const tiny = { scale: [1e-4, 1e-4], ratio: [1, 1] } as const
    expect(randomBox({ width: 100, height: 100 }, tiny, scriptedRandom(0, 0, 0.5, 0.25))).toEqual({
      ...{ width: 1, height: 1, top: 50, left: 25 },
    })
  })

  it('is drawn again while it does not fit: too high, too wide, or nothing', () => {
    // 0.75 of the area at ratio 0.5 is 87 x 173; the second draw fits.
    expect(randomBox(landscape, range, scriptedRandom(1, 0, 0.5, 0.5, 0, 0))).toEqual({
      ...{ width: 100, height: 100, top: 0, left: 0 },
    })
    const portrait = { width: 100, height: 200 }
    expect(randomBox(portrait, range, scriptedRandom(1, 1, 0.5, 0.5, 0, 0))).toEqual({
      ...{ width: 100, height: 100, top: 0, left: 0 },
    })
    // 0.2 pixels at ratio 2 are 0.63 x 0.32: no row. At 1 / 2 no column.
    const thin = { scale: [0.2, 1], ratio: [0.5, 2] } as const
    for (const ratio of [0, 1])
      expect(randomBox({ width: 1, height: 1 }, thin, scriptedRandom(0, ratio, 1, 0.5, 0, 0))).toEqual({
        ...{ width: 1, height: 1, top: 0, left: 0 },
      })
  })

  it('is the largest centred box of an allowed ratio when ten do not fit', () => {
    const whole = { scale: [1, 1], ratio: [0.75, 4 / 3] } as const
    const draw = scriptedRandom(...new Array<number>(20).fill(0.5))
    expect(randomBox({ width: 400, height: 30 }, whole, draw)).toEqual({
      ...{ top: 0, left: 180, height: 30, width: 40 },
    })
    expect(draw.left()).toBe(0)
    const high = randomBox({ width: 30, height: 401 }, whole, random(1, 'high'))
    expect(high).toEqual({ top: 180, left: 0, height: 40, width: 30 })
    const line = randomBox({ width: 1, height: 50 }, { scale: [1, 1], ratio: [4, 4] }, random(1, 'line'))
    expect(line).toEqual({ top: 24, left: 0, height: 1, width: 1 })
    const flat = randomBox(
      { width: 50, height: 1 },
      { scale: [1, 1], ratio: [0.25, 0.25] },
      random(1, 'line'),
    )
    expect(flat).toEqual({ top: 0, left: 24, height: 1, width: 1 })
  })

  it('is cut to the image at once if clamped', () => {
    const clamped = { ...range, clamped: true }
    // 87 x 173 in an image of 200 x 100; 173 x 87 in one of 100 x 200.
    expect(randomBox(landscape, clamped, scriptedRandom(1, 0, 0.5, 0.5))).toEqual({
      ...{ width: 87, height: 100, top: 0, left: 57 },
    })
    const portrait = { width: 100, height: 200 }
    expect(randomBox(portrait, clamped, scriptedRandom(1, 1, 0.5, 0.5))).toEqual({
      ...{ width: 100, height: 87, top: 57, left: 0 },
    })
    expect(randomBox(landscape, clamped, scriptedRandom(0, 1, 0.5, 0))).toEqual({
      ...{ width: 100, height: 50, top: 25, left: 0 },
    })
  })
})

describe('randomResizedCrop', () => {
  it('resizes the box drawn', () => {
    const limits = { scale: [0.5, 0.5], ratio: [1, 1] } as const // 117 / 2: 8 x 8 of 13 x 9
    const cut = randomResizedCrop(pattern(), { height: 4, width: 6 }, limits, scriptedRandom(0, 0, 0.5, 0.5))
    const box = { top: 1, left: 3, width: 8, height: 8 }
    expect(cut).toEqual(resize(pattern(), { height: 4, width: 6, box }))
  })
})

describe('shortSideJitter', () => {
  const size = { height: 28, width: 28 }
  const limits = [1, 32 / 28] as const
  const part = (image: Pixels, all: readonly [number, number], top: number, left: number): Pixels =>
    resize(image, { width: all[0], height: all[1], window: { top, left, ...size } })

  it('resizes the shorter side to a whole number of the range and takes a box of it', () => {
    const wide = pattern(61, 40)
    expect(shortSideJitter(wide, size, limits, scriptedRandom(0, 0, 0))).toEqual(part(wide, [42, 28], 0, 0))
    // 28 * (1 + 0.6 / 7) = 30.4 to 30 rows; 61 * 30 / 40 = 45.75 to 45 columns; row 2 of 2, column 8 of 17
    expect(shortSideJitter(wide, size, limits, scriptedRandom(0.6, 0.9, 0.49))).toEqual(
      part(wide, [45, 30], 2, 8),
    )
    expect(shortSideJitter(wide, size, limits, scriptedRandom(1, 0.99, 0.99))).toEqual(
      part(wide, [48, 32], 4, 20),
    )
    const high = pattern(40, 61)
    expect(shortSideJitter(high, size, limits, scriptedRandom(0.6, 0.49, 0.9))).toEqual(
      part(high, [30, 45], 8, 2),
    )
  })

  it('keeps a whole number that rounding errors would take one below', () => {
    // 29 / 58 * 116 pixels: the longer side is twice the shorter one at any size.
    const wide = pattern(116, 58)
    for (const [share, side] of [
      [0, 28],
      [0.3, 29],
      [0.5, 30],
      [0.8, 31],
    ] as const)
      expect(shortSideJitter(wide, size, limits, scriptedRandom(share, 0, 0.999))).toEqual(
        part(wide, [2 * side, side], 0, 2 * side - 28),
      )
  })

  it('covers a size that is not square', () => {
    const image = pattern(40, 40)
    const flat = { height: 10, width: 20 }
    expect(shortSideJitter(image, flat, [1, 1], scriptedRandom(0.5, 0.5, 0.5))).toEqual(
      resize(image, { height: 20, width: 20, window: { top: 5, left: 0, ...flat } }),
    )
  })
})

describe('randomCrop', () => {
  const image = (values: readonly number[]): Pixels => ({
    ...{ width: 3, height: 2 },
    data: Uint8Array.from(values.flatMap((value) => [value, value + 1, value + 2])),
  })
  const red = ({ data }: Pixels): number[] => [...data].filter((_, i) => i % 3 === 0)
  const six = image([10, 20, 30, 40, 50, 60])
  /** Draws by which the image moves up by `dy` and left by `dx` of -2 ... 2. */
  const by = (dy: number, dx: number) => randomCrop(six, 2, scriptedRandom((dy + 2.5) / 5, (dx + 2.5) / 5))

  it('moves all channels, with black coming in', () => {
    expect(by(0, 0)).toEqual(six)
    expect(by(0, 1)).toEqual({
      ...six,
      data: Uint8Array.of(20, 21, 22, 30, 31, 32, 0, 0, 0, 50, 51, 52, 60, 61, 62, 0, 0, 0),
    })
    expect(red(by(0, -1))).toEqual([0, 10, 20, 0, 40, 50])
    expect(red(by(0, 2))).toEqual([30, 0, 0, 60, 0, 0])
    expect(red(by(1, 0))).toEqual([40, 50, 60, 0, 0, 0])
    expect(red(by(-1, 0))).toEqual([0, 0, 0, 10, 20, 30])
    expect(red(by(1, -1))).toEqual([0, 40, 50, 0, 0, 0])
    expect(red(by(2, 0))).toEqual([0, 0, 0, 0, 0, 0])
    expect(red(by(-2, 0))).toEqual([0, 0, 0, 0, 0, 0])
  })

  it('draws every offset up to the padding, and may lose the whole image', () => {
    const seen = new Set<string>()
    for (let i = 0; i < 100; i++) seen.add(red(randomCrop(six, 1, random(i, 'crop'))).join(' '))
    expect(seen.size).toBe(9)
    expect(red(randomCrop(six, 4, scriptedRandom(0, 0)))).toEqual([0, 0, 0, 0, 0, 0])
    expect(red(randomCrop(six, 4, scriptedRandom(0.99, 0.99)))).toEqual([0, 0, 0, 0, 0, 0])
  })
})
