import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import type { Pixels } from '../../sources/pixels.ts'
import { pattern } from '../../testing/pattern.ts'
import { affine, rotation, shear, translation } from './affine.ts'
import { randomBox, randomCrop } from './crop.ts'
import { erase } from './erase.ts'
import { flip } from './flip.ts'
import { trivialAugment, trivialOperations } from './trivial.ts'

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
})

describe('randomBox', () => {
  it('draws boxes inside the image with the areas and ratios asked for', () => {
    const draw = random(1, 'boxes')
    const range = { scale: [0.2, 0.6], ratio: [0.5, 2] } as const
    const areas: number[] = []
    for (let i = 0; i < 2000; i++) {
      const { left, top, width, height } = randomBox({ width: 200, height: 100 }, range, draw)
      expect(Math.min(left, top, 200 - left - width, 100 - top - height)).toBeGreaterThanOrEqual(0)
      expect(width / height).toBeGreaterThan(0.48)
      expect(width / height).toBeLessThan(2.05)
      areas.push((width * height) / 20000)
    }
    expect(Math.min(...areas)).toBeGreaterThan(0.19)
    expect(Math.max(...areas)).toBeLessThan(0.61)
    expect(Math.max(...areas)).toBeGreaterThan(0.55)
    expect(Math.min(...areas)).toBeLessThan(0.25)
  })

  it('takes the largest centred box of an allowed ratio when none fits', () => {
    const range = { scale: [1, 1], ratio: [0.75, 4 / 3] } as const
    const box = randomBox({ width: 400, height: 30 }, range, random(1, 'wide'))
    expect(box).toEqual({ top: 0, left: 180, height: 30, width: 40 })
  })
})

describe('randomCrop', () => {
  it('shifts by every offset up to the padding, black coming in', () => {
    const seen = new Set<string>()
    for (let i = 0; i < 200; i++) seen.add(red(randomCrop(nine, 1, random(i, 'crop'))).join(' '))
    const shifted = [-1, 0, 1].flatMap((dy) =>
      [-1, 0, 1].map((dx) => red(affine(nine, translation(dx, dy))).join(' ')),
    )
    expect([...seen].sort()).toEqual(shifted.sort())
  })
})

describe('erase', () => {
  it('sets one rectangle to zero in all channels of one image, as often as asked', () => {
    let erased = 0
    for (let i = 0; i < 400; i++) {
      const data = new Float32Array(2 * 3 * 20 * 20).fill(1)
      erase(data, 1200, { height: 20, width: 20 }, 0.25, random(i, 'erase'))
      expect(data.subarray(0, 1200).every((value) => value === 1)).toBe(true)
      const zeros = [...data.keys()].filter((at) => data[at] === 0).map((at) => at - 1200)
      if (zeros.length === 0) continue
      erased++
      const plane = zeros.filter((at) => at < 400)
      expect(zeros).toEqual([0, 400, 800].flatMap((start) => plane.map((at) => at + start)))
      const [xs, ys] = [plane.map((at) => at % 20), plane.map((at) => Math.floor(at / 20))]
      const sides = [xs, ys].map((places) => Math.max(...places) - Math.min(...places) + 1)
      expect((sides[0] as number) * (sides[1] as number)).toBe(plane.length)
      expect(plane.length).toBeLessThan(150)
    }
    expect(erased).toBeGreaterThan(70)
    expect(erased).toBeLessThan(130)
  })
})

describe('trivialAugment', () => {
  it('reaches every operation, and is decided by the stream alone', () => {
    const results = Array.from({ length: 600 }, (_, i) => trivialAugment(pattern(), random(i, 'trivial')))
    expect(trivialAugment(pattern(), random(7, 'trivial'))).toEqual(results[7])
    const seen = new Set(results.map(({ data }) => data.join()))
    expect(seen.size).toBeGreaterThan(200)
    for (const fixed of ['identity', 'autoContrast', 'equalize']) {
      const expected = trivialOperations[fixed]?.(pattern(), 0, 1).data.join() as string
      expect(seen.has(expected)).toBe(true)
    }
  })

  it('hardly changes the image at strength 0', () => {
    for (const [name, operation] of Object.entries(trivialOperations)) {
      if (name === 'autoContrast' || name === 'equalize') continue
      const { data } = operation(pattern(), 0, 1)
      data.forEach((value, i) => {
        const before = pattern().data[i] as number
        expect(name === 'solarize' && before === 255 ? 255 : value).toBe(before)
      })
    }
  })
})
