import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DataError } from '../../errors.ts'
import { maskOverlap, sharedArea, unionOfRuns } from './combine-runs.ts'
import { fillPolygons } from './fill-polygons.ts'
import { parseRunLengthString, runLengthString } from './run-length-string.ts'
import { areaOfRuns, boxOfRuns, decodeMask, encodeMask, runLengths } from './run-lengths.ts'
import { maskOfSegmentation } from './segmentation.ts'

interface Drawn {
  readonly height: number
  readonly width: number
  readonly masks: readonly Uint8Array[]
}

/** Masks of one size, some of them empty or full. */
const drawn = (count: number): fc.Arbitrary<Drawn> =>
  fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(([height, width]) => {
    const size = { minLength: height * width, maxLength: height * width }
    const mask = fc.oneof(
      fc.uint8Array({ ...size, max: 1 }),
      fc.constantFrom(0, 1).map((value) => new Uint8Array(height * width).fill(value)),
    )
    return fc.record({
      ...{ height: fc.constant(height), width: fc.constant(width) },
      masks: fc.array(mask, { minLength: count, maxLength: count }),
    })
  })
const seed = { seed: 5 }

describe('run lengths', () => {
  it('keep a mask, as numbers and as text', () => {
    fc.assert(
      fc.property(drawn(1), ({ height, width, masks: [mask = new Uint8Array()] }) => {
        const runs = encodeMask(mask, height, width)
        expect(decodeMask(runs)).toEqual(mask)
        expect(decodeMask(runLengths(runs.counts, height, width))).toEqual(mask)
        expect(parseRunLengthString(runLengthString(runs), height, width)).toEqual(runs)
      }),
      seed,
    )
  })

  it('have the area, the box, the union and the overlap of their masks', () => {
    fc.assert(
      fc.property(drawn(2), ({ height, width, masks: [a = new Uint8Array(), b = new Uint8Array()] }) => {
        const [runsA, runsB] = [encodeMask(a, height, width), encodeMask(b, height, width)]
        const inside = [...a.keys()].filter((i) => a[i])
        expect(areaOfRuns(runsA)).toBe(inside.length)
        const [columns, rows] = [inside.map((i) => i % width), inside.map((i) => Math.floor(i / width))]
        const [left, top] = [Math.min(...columns), Math.min(...rows)]
        const sides = [Math.max(...columns) + 1 - left, Math.max(...rows) + 1 - top]
        expect(boxOfRuns(runsA)).toEqual(inside.length > 0 ? [left, top, ...sides] : [0, 0, 0, 0])
        const both = inside.filter((i) => b[i]).length
        const either = a.map((value, i) => value | (b[i] ?? 0))
        expect(sharedArea(runsA, runsB)).toBe(both)
        expect(unionOfRuns([runsA, runsB], height, width)).toEqual(encodeMask(either, height, width))
        const union = either.filter((value) => value).length
        expect(maskOverlap(runsA, runsB, false)).toBe(both === 0 ? 0 : both / union)
        expect(maskOverlap(runsA, runsB, true)).toBe(both === 0 ? 0 : both / inside.length)
      }),
      seed,
    )
  })

  it.each([
    ['lengths that do not add up', () => runLengths([3, 4], 2, 3), /7 pixels, not to 3 x 2 = 6/],
    ['negative lengths', () => runLengths([8, -2], 2, 3), /number 1 is -2/],
    ['another character', () => parseRunLengthString('6 ', 2, 3), /character 1 of a text is " "/],
    ['text that is cut off', () => parseRunLengthString('P', 2, 3), /ends inside of a number/],
    [
      'masks of different sizes',
      () => sharedArea(runLengths([6], 2, 3), runLengths([6], 3, 2)),
      /one has 3 x 2 pixels, another 2 x 3/,
    ],
  ])('refuse %s', (_what, read, message) => {
    expect(read).toThrow(DataError)
    expect(read).toThrow(message)
  })
})

describe('polygons', () => {
  it('with whole corners fill the pixels of their box', () => {
    fc.assert(
      fc.property(fc.tuple(...[0, 0, 0, 0].map(() => fc.integer({ min: -3, max: 12 }))), (ends) => {
        const [x0, y0, x1, y1] = ends as [number, number, number, number]
        const wanted = Uint8Array.from({ length: 9 * 7 }, (_, i) => {
          const [x, y] = [i % 9, Math.floor(i / 9)]
          const within = (at: number, a: number, b: number) => at >= Math.min(a, b) && at < Math.max(a, b)
          return within(x, x0, x1) && within(y, y0, y1) ? 1 : 0
        })
        const found = fillPolygons([[x0, y0, x1, y0, x1, y1, x0, y1]], 7, 9)
        expect(decodeMask(found)).toEqual(wanted)
      }),
      seed,
    )
  })

  it('are refused with corners that are no numbers or lie too far away to walk to', () => {
    const fill = (corner: number) => () => fillPolygons([[0, 0, corner, 0, 0, 5]], 10, 10)
    expect(fill(Number.NaN)).toThrow(DataError)
    expect(fill(1e8)).toThrow(/corners are pixels within 100000, got 100000000/)
    expect(fill(-1e8)).toThrow(DataError)
    expect(fill(9e4)).not.toThrow()
  })

  it('of an outline join; those with fewer than three corners are left out', () => {
    const outline = [
      [0, 0, 2, 0, 2, 2, 0, 2],
      [1, 1, 3, 1, 3, 3, 1, 3],
      [0, 0, 4, 4],
    ]
    expect([...decodeMask(maskOfSegmentation(outline, 3, 4))].join('')).toBe('110011100110')
    expect(decodeMask(maskOfSegmentation([], 2, 1))).toEqual(new Uint8Array(2))
  })
})
