import { describe, expect, it } from 'vitest'
import type { Pixels } from '../../sources/pixels.ts'
import { autoContrast, equalize, invert, posterize, solarize, solarizeAdd } from './histogram.ts'

/** A row of pixels from the values of each channel. */
const row = (
  red: readonly number[],
  green: readonly number[] = red,
  blue: readonly number[] = red,
): Pixels => ({
  ...{ width: red.length, height: 1 },
  data: Uint8Array.from(red.flatMap((value, i) => [value, green[i] ?? 0, blue[i] ?? 0])),
})

describe('byte operations', () => {
  it('keep the highest bits', () => {
    expect(posterize(row([255, 129, 63]), 1)).toEqual(row([128, 128, 0]))
    expect(posterize(row([255, 129, 63]), 4)).toEqual(row([240, 128, 48]))
    expect(posterize(row([255, 129, 63]), 8)).toEqual(row([255, 129, 63]))
    expect(posterize(row([255, 129, 63]), 0)).toEqual(row([0, 0, 0]))
  })

  it('invert from a threshold on, or all', () => {
    expect(solarize(row([0, 99, 100, 255]), 100)).toEqual(row([0, 99, 155, 0]))
    expect(invert(row([0, 99, 100, 255]))).toEqual(row([255, 156, 155, 0]))
  })

  it('add to the darker half', () => {
    expect(solarizeAdd(row([0, 127, 128, 255]), 30)).toEqual(row([30, 157, 128, 255]))
    expect(solarizeAdd(row([0, 127, 128, 255]), 200)).toEqual(row([200, 255, 128, 255]))
  })
})

describe('autoContrast', () => {
  it('stretches each channel to all values, rounded down', () => {
    // (v - 50) * 255 / 100; (v - 0) * 255 / 200; a channel of one value stays.
    expect(autoContrast(row([50, 75, 150], [0, 10, 200], [9, 9, 9]))).toEqual(
      row([0, 63, 255], [0, 12, 255], [9, 9, 9]),
    )
    expect(autoContrast(row([7, 8]))).toEqual(row([0, 255]))
  })
})

describe('equalize', () => {
  it('spreads the values of each channel by how often they occur, as PIL does', () => {
    // 1,020 pixels: 510 of 10, 255 of 20, 255 of 30: step (1,020 - 255) / 255 = 3, from 1 on.
    const red = [510, 255, 255].flatMap((count, i) => new Array<number>(count).fill(10 * (i + 1)))
    const constant = new Array<number>(1020).fill(77)
    const { data } = equalize(row(red, constant, red.slice().reverse()))
    const at = (pixel: number): number[] => [...data.subarray(pixel * 3, pixel * 3 + 3)]
    // 10: 1 / 3 = 0; 20: 511 / 3 = 170; 30: 766 / 3 = 255.
    expect([at(0), at(600), at(1019)]).toEqual([
      [0, 77, 255],
      [170, 77, 0],
      [255, 77, 0],
    ])
    expect(at(255)).toEqual([0, 77, 170])
  })

  it('leaves an image with too few pixels alone', () => {
    const few = row([...new Array<number>(254).fill(1), 2])
    expect(equalize(few)).toEqual(few)
    // 255 besides the brightest are enough: step 1, from 0 on.
    const enough = equalize(row([...new Array<number>(255).fill(1), 2]))
    expect([enough.data[0], enough.data[765]]).toEqual([0, 255])
  })

  it('limits what the rounded step takes too far', () => {
    // 509 + 1 pixels: step 1, and the brightest value would be 509.
    const { data } = equalize(row([...new Array<number>(300).fill(1), ...new Array<number>(209).fill(2), 3]))
    expect([data[0], data[900], data[1527]]).toEqual([0, 255, 255])
  })
})
