import { describe, expect, it } from 'vitest'
import { scriptedRandom } from '../../testing/scripted-random.ts'
import { erase } from './erase.ts'

const size = { height: 20, width: 30 }

/** Erases the second of two images of ones; returns the rows and columns [first, last] that are 0 in it. */
function erased(probability: number, ...draws: number[]) {
  const data = new Float32Array(2 * 3 * 600).fill(1)
  const draw = scriptedRandom(...draws)
  erase(data, 1800, size, probability, draw)
  expect(draw.left()).toBe(0)
  const zeros = [...data.keys()].filter((at) => data[at] === 0).map((at) => at - 1800)
  const plane = zeros.filter((at) => at < 600)
  expect(zeros).toEqual([0, 600, 1200].flatMap((start) => plane.map((at) => at + start)))
  const ends = (places: number[]): number[] => [Math.min(...places), Math.max(...places)]
  if (plane.length === 0) return undefined
  const [rows, columns] = [ends(plane.map((at) => Math.floor(at / 30))), ends(plane.map((at) => at % 30))]
  const [top = 0, bottom = 0, left = 0, right = 0] = [...rows, ...columns]
  expect(plane.length).toBe((bottom - top + 1) * (right - left + 1))
  return { rows, columns }
}

describe('erase', () => {
  it('sets a rectangle of the area and ratio drawn to zero, in all channels of one image', () => {
    // 600 * (0.02 + 0.31 * 0.5) = 105 pixels, height / width exp(ln 0.3 + ln 11 * 0.5) = 0.995: 10.2 x 10.3
    expect(erased(1, 0, 0.5, 0.5, 0, 0)).toEqual({ rows: [0, 9], columns: [0, 9] })
    expect(erased(1, 0, 0.5, 0.5, 0.999, 0.999)).toEqual({ rows: [10, 19], columns: [20, 29] })
    // 12 pixels at 0.3: 1.9 x 6.3; at 3.3: 6.3 x 1.9
    expect(erased(1, 0, 0, 0, 0.5, 0.5)).toEqual({ rows: [9, 10], columns: [12, 17] })
    expect(erased(1, 0, 0, 1, 0.5, 0.5)).toEqual({ rows: [7, 12], columns: [14, 15] })
    // 198 pixels at 0.3: 7.7 x 25.7
    expect(erased(1, 0, 1, 0, 0, 0.999)).toEqual({ rows: [0, 7], columns: [4, 29] })
  })

  it('happens with the chance asked for', () => {
    expect(erased(0.25, 0.25)).toBeUndefined()
    expect(erased(0.25, 0.2499, 0.5, 0.5, 0, 0)).toBeDefined()
  })

  it('draws again while the rectangle does not fit, ten times at most', () => {
    // 198 pixels at 3.3 are 25.6 rows of 20.
    expect(erased(1, 0, 1, 1, 0.5, 0.5, 0, 0)).toEqual({ rows: [0, 9], columns: [0, 9] })
    expect(erased(1, 0, ...new Array<number>(20).fill(1))).toBeUndefined()
  })

  it('leaves a row and a column, and takes at least one', () => {
    const zeros = (height: number, width: number, ...draws: number[]): number => {
      const data = new Float32Array(3 * height * width).fill(1)
      erase(data, 0, { height, width }, 1, scriptedRandom(0, ...draws))
      return data.filter((value) => value === 0).length / 3
    }
    const never = (share: number, aspect: number) =>
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? share : aspect))
    // 0.33 of 6 x 2 = 3.96 pixels at 1: 2 x 2, the whole width. And of 2 x 6, the whole height.
    const even = Math.log(1 / 0.3) / Math.log(11)
    expect(zeros(6, 2, ...never(1, even))).toBe(0)
    expect(zeros(2, 6, ...never(1, even))).toBe(0)
    expect(zeros(6, 3, ...never(0.1, even), 0, 0)).toBe(1)
    // 0.02 of 4 x 4 = 0.32 pixels: at 0.3 no row (0.31 x 1.03), at 3.3 no column.
    expect(zeros(4, 4, ...never(0, 0))).toBe(0)
    expect(zeros(4, 4, ...never(0, 1))).toBe(0)
  })
})
