import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import type { Pixels } from '../../sources/pixels.ts'
import { pattern } from '../../testing/pattern.ts'
import { resize } from '../resize.ts'
import { evaluationResize } from '../transforms.ts'
import { shortSideJitter } from './crop.ts'

const image = pattern(60, 40)

/** Position of `part` in `whole`; undefined if it does not occur. */
function placeIn(whole: Pixels, part: Pixels): readonly [number, number] | undefined {
  for (let top = 0; top + part.height <= whole.height; top++)
    for (let left = 0; left + part.width <= whole.width; left++) {
      const same = part.data.every((value, i) => {
        const [y, rest] = [Math.floor(i / (part.width * 3)), i % (part.width * 3)]
        return value === whole.data[((top + y) * whole.width + left) * 3 + rest]
      })
      if (same) return [top, left]
    }
  return undefined
}

describe('shortSideJitter', () => {
  it('cuts a box out of the image with its shorter side at every size of the range', () => {
    const wholes = [28, 29, 30, 31, 32].map((side) =>
      resize(image, { height: side, width: Math.round((60 * side) / 40) }),
    )
    const sides = new Set<number>()
    const places = new Set<string>()
    for (let i = 0; i < 60; i++) {
      const box = shortSideJitter(image, { height: 28, width: 28 }, [1, 32 / 28], random(i))
      expect([box.width, box.height]).toEqual([28, 28])
      const whole = wholes.find((each) => placeIn(each, box)) as Pixels
      expect(whole).toBeDefined()
      sides.add(whole.height)
      places.add(String(placeIn(whole, box)))
    }
    expect([...sides].sort()).toEqual([28, 29, 30, 31, 32])
    expect(places.size).toBeGreaterThan(20)
  })
})

describe('evaluationResize', () => {
  const settings = { height: 224, width: 224, resize: 'crop', mean: [0, 0, 0], std: [1, 1, 1] } as const
  const windowOf = (width: number, height: number, view: number, views: number) =>
    evaluationResize({ width, height }, settings, { view, views }).window

  it('looks at places along the longer side', () => {
    expect([0, 1, 2].map((view) => windowOf(340, 256, view, 3)?.left)).toEqual([0, 37, 73])
    expect([0, 1, 2].map((view) => windowOf(340, 256, view, 3)?.top)).toEqual([0, 0, 0])
    expect([0, 1, 2].map((view) => windowOf(256, 340, view, 3)?.top)).toEqual([0, 37, 73])
    expect(windowOf(340, 256, 0, 1)?.left).toBe(37)
  })
})
