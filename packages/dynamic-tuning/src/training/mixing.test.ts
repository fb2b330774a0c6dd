import { describe, expect, it } from 'vitest'
import { classTargets } from '../tasks/classification/loss.ts'
import { mixImages } from './mixing.ts'
import type { StepBatch } from './step-feeds.ts'

const [size, height, width] = [400, 4, 6]
const pixels = 3 * height * width
/** Every image is of its own number, every target of its own class. */
const batch = {
  images: Float32Array.from({ length: size * pixels }, (_, i) => Math.floor(i / pixels)),
  targets: classTargets([...Array(size).keys()], { classes: size }),
  size,
}
const mixed = (mixup: number, cutmix: number, step = 0) =>
  mixImages(batch, { mixup, cutmix }, { height, width, seed: 1, step })
const sharesIn = ({ targets }: StepBatch) => targets.targets?.data as Float32Array
const rows = (values: Float32Array, length: number) =>
  Array.from({ length: size }, (_, i) => values.subarray(i * length, (i + 1) * length))

describe('mixing', () => {
  it('leaves a batch alone where it is off, and depends on seed and step alone', () => {
    expect(mixed(0, 0)).toBe(batch)
    expect(mixed(0.4, 1, 3)).toEqual(mixed(0.4, 1, 3))
    expect(mixed(0.4, 1, 3).images).not.toEqual(mixed(0.4, 1, 4).images)
    expect(batch.images[0]).toBe(0)
    expect(batch.images.at(-1)).toBe(size - 1)
  })

  it('leaves a single image as it is, and mixes two with each other', () => {
    const first = (count: number): StepBatch => {
      const rest = { images: batch.images.slice(0, count * pixels), size: count }
      return { ...rest, targets: classTargets([1, 2].slice(0, count), { classes: 3 }) }
    }
    const one = mixImages(first(1), { mixup: 1, cutmix: 1 }, { height, width, seed: 1, step: 0 })
    expect(one.images).toEqual(first(1).images)
    expect([...sharesIn(one)]).toEqual([0, expect.closeTo(1, 6), 0])
    for (let step = 0; step < 8; step++) {
      const two = mixImages(first(2), { mixup: 1, cutmix: 0 }, { height, width, seed: 1, step })
      // Each image holds its own number everywhere, so its value is the share of image 1.
      const shares = [two.images[0] ?? 0, two.images[pixels] ?? 0]
      expect([...sharesIn(two)].map((share) => share.toFixed(5))).toEqual(
        [0, 1 - (shares[0] ?? 0), shares[0] ?? 0, 0, 1 - (shares[1] ?? 0), shares[1] ?? 0].map((share) =>
          share.toFixed(5),
        ),
      )
    }
  })

  it('targets tell the shares of the pixels', () => {
    for (const each of [mixed(0.4, 0), mixed(0, 1), mixed(0.4, 1)]) {
      const own = rows(sharesIn(each), size)
      for (const [i, image] of rows(each.images, pixels).entries()) {
        const target = own[i] as Float32Array
        expect(target.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5)
        const mean = image.reduce((a, b) => a + b, 0) / pixels
        expect(mean).toBeCloseTo(
          target.reduce((sum, share, number) => sum + share * number, 0),
          2,
        )
      }
    }
  })

  it('mixup changes all pixels alike, CutMix those of a box', () => {
    for (const image of rows(mixed(0.4, 0).images, pixels)) expect(new Set(image).size).toBe(1)
    const boxes = rows(mixed(0, 1).images, pixels).filter((image) => new Set(image).size === 2)
    expect(boxes.length).toBeGreaterThan(200)
    for (const image of boxes) {
      const plane = image.subarray(0, height * width)
      expect(image.subarray(height * width, 2 * height * width)).toEqual(plane)
      const i = rows(mixed(0, 1).images, pixels).findIndex((each) => each.every((v, p) => v === image[p]))
      const places = [...plane.entries()].filter(([, value]) => value !== i).map(([place]) => place)
      const [down, across] = [places.map((p) => Math.floor(p / width)), places.map((p) => p % width)]
      const area =
        (Math.max(...down) - Math.min(...down) + 1) * (Math.max(...across) - Math.min(...across) + 1)
      expect(area).toBe(places.length)
    }
  })

  it('shares follow Beta(alpha, alpha)', () => {
    const shares = (alpha: number) =>
      rows(sharesIn(mixed(alpha, 0)), size).map((target, i) => target[i] as number)
    for (const alpha of [0.2, 1, 5]) {
      const all = shares(alpha)
      const mean = all.reduce((a, b) => a + b, 0) / size
      const variance = all.reduce((a, b) => a + (b - mean) ** 2, 0) / size
      expect(Math.abs(mean - 0.5)).toBeLessThan(0.06)
      expect(Math.abs(variance - 1 / (4 * (2 * alpha + 1)))).toBeLessThan(0.02)
    }
  })
})
