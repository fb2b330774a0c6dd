import { describe, expect, it } from 'vitest'
import type { Pixels } from '../../sources/pixels.ts'
import { pattern } from '../../testing/pattern.ts'
import { scriptedRandom } from '../../testing/scripted-random.ts'
import { brightness, colorJitter, contrast, mapBytes, saturation, sharpness } from './colour.ts'

const pixels = (width: number, ...bytes: number[]): Pixels => ({
  ...{ width, height: bytes.length / 3 / width },
  data: Uint8Array.from(bytes),
})

describe('colour operations', () => {
  it('scale brightness, rounded down and limited', () => {
    expect(brightness(pixels(1, 10, 101, 200), 1.5)).toEqual(pixels(1, 15, 151, 255))
    expect(brightness(pixels(1, 10, 101, 200), 0.55)).toEqual(pixels(1, 5, 55, 110))
  })

  it('spread contrast around the mean grey of the image', () => {
    // Greys 0.299 r + 0.587 g + 0.114 b are 30, 59 and 11; their mean 33.3 becomes 33.
    const image = pixels(3, 100, 0, 0, 0, 100, 0, 0, 0, 100)
    expect(contrast(image, 2)).toEqual(pixels(3, 167, 0, 0, 0, 167, 0, 0, 0, 167))
    expect(contrast(image, 0)).toEqual(pixels(3, ...new Array<number>(9).fill(33)))
    // The mean 50.5 becomes 51.
    expect(contrast(pixels(2, 50, 50, 50, 51, 51, 51), 0)).toEqual(pixels(2, 51, 51, 51, 51, 51, 51))
  })

  it('spread saturation around the grey of each pixel', () => {
    const image = pixels(2, 100, 0, 0, 0, 200, 0)
    expect(saturation(image, 0)).toEqual(pixels(2, 30, 30, 30, 117, 117, 117))
    expect(saturation(image, 1.5)).toEqual(pixels(2, 135, 0, 0, 0, 241, 0))
  })

  it('sharpen against the smooth image, but for the border', () => {
    const bytes = [0, 0, 0, 0, 130, 0, 0, 0, 0].flatMap((value) => [value, 130 - value, 26])
    const image = pixels(3, ...bytes)
    const middle = (factor: number) => [...sharpness(image, factor).data.subarray(12, 15)]
    // Smooth: 130 * 5 / 13 = 50 and 130 * 8 / 13 = 80; 26 everywhere.
    expect(middle(0)).toEqual([50, 80, 26])
    expect(middle(1)).toEqual([130, 0, 26])
    expect(middle(1.5)).toEqual([170, 0, 26])
    expect([...sharpness(image, 0).data].filter((_, i) => i < 12 || i > 14)).toEqual(
      bytes.filter((_, i) => i < 12 || i > 14),
    )
    const flat = pixels(4, ...pattern(4, 2).data)
    expect(sharpness(flat, 0)).toEqual(flat)
    const high = pixels(2, ...pattern(2, 4).data)
    expect(sharpness(high, 0)).toEqual(high)
  })

  it('map bytes rounded towards zero and limited', () => {
    expect(mapBytes(pixels(1, 1, 2, 255), (v) => (v === 1 ? -3 : v * 1.4))).toEqual(pixels(1, 0, 2, 255))
    expect(mapBytes(pixels(1, 10, 11, 12), (v) => v + 0.9)).toEqual(pixels(1, 10, 11, 12))
  })
})

describe('colorJitter', () => {
  it('changes brightness, contrast and saturation in turn by factors from 1 - amount to 1 + amount', () => {
    const image = pattern()
    const jitter = (...draws: number[]) => colorJitter(image, 0.4, scriptedRandom(...draws))
    expect(jitter(0, 0.5, 1)).toEqual(saturation(contrast(brightness(image, 0.6), 1), 1.4))
    expect(jitter(0.25, 1, 0)).toEqual(saturation(contrast(brightness(image, 0.8), 1.4), 0.6))
  })
})
