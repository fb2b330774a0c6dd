import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import type { Pixels } from '../../sources/pixels.ts'
import { pattern } from '../../testing/pattern.ts'
import { rotation } from './affine.ts'
import { randAugment, randOperations } from './rand-augment.ts'

const image = pattern(24, 18)
const clamp = (value: number): number => Math.min(255, Math.max(0, value))
const luma = (r: number, g: number, b: number): number =>
  Math.floor((r * 19595 + g * 38470 + b * 7471 + 0x8000) / 65536)
/** PIL's blend of an enhancer: base + factor (value - base), limited and rounded down. */
const blend = (base: number, value: number, factor: number): number =>
  Math.trunc(clamp(Math.fround(base + Math.fround(Math.fround(factor) * (value - base)))))

/** Computes every byte with a plain function of its position and colour. */
function eachByte(change: (value: number, channel: number, pixel: readonly number[]) => number): number[] {
  const { data } = image
  return Array.from(data, (value, i) => {
    const start = i - (i % 3)
    return change(value, i % 3, [data[start], data[start + 1], data[start + 2]] as number[])
  })
}

/** Samples the image at the source of each pixel; grey 128 outside; bilinear, as a plain double loop. */
function moved(from: (x: number, y: number) => readonly [number, number]): number[] {
  const { width, height, data } = image
  const at = (x: number, y: number, c: number): number =>
    x < 0 || y < 0 || x >= width || y >= height ? 128 : (data[(y * width + x) * 3 + c] as number)
  const out: number[] = []
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) {
        const [fx, fy] = from(x - (width - 1) / 2, y - (height - 1) / 2)
        const [sx, sy] = [fx + (width - 1) / 2, fy + (height - 1) / 2]
        const [left, top] = [Math.floor(sx), Math.floor(sy)]
        const [u, v] = [sx - left, sy - top]
        const above = at(left, top, c) * (1 - u) + at(left + 1, top, c) * u
        const below = at(left, top + 1, c) * (1 - u) + at(left + 1, top + 1, c) * u
        out.push(Math.floor(above * (1 - v) + below * v + 0.5))
      }
  return out
}

const mean = (): number => {
  let sum = 0
  eachByte((_, channel, [r, g, b]) => {
    if (channel === 0) sum += luma(r as number, g as number, b as number)
    return 0
  })
  return Math.floor(sum / (image.width * image.height) + 0.5)
}

/** Each operation at level 0.7 and direction 1, by PIL's formulas. */
const factor = 1 + 0.9 * 0.7
const plain: Readonly<Record<string, () => number[]>> = {
  invert: () => eachByte((v) => 255 - v),
  posterize: () => eachByte((v) => v & 0b11000000), // 4 - int(2.8) = 2 bits
  solarize: () => eachByte((v) => (v < 256 - 179 ? v : 255 - v)),
  solarizeAdd: () => eachByte((v) => (v < 128 ? Math.min(255, v + 77) : v)),
  brightness: () => eachByte((v) => blend(0, v, factor)),
  contrast: () => eachByte((v) => blend(mean(), v, factor)),
  color: () => eachByte((v, _, [r, g, b]) => blend(luma(r as number, g as number, b as number), v, factor)),
  shearX: () => moved((x, y) => [x + 0.21 * y, y]),
  shearY: () => moved((x, y) => [x, y + 0.21 * x]),
  translateX: () => moved((x, y) => [x - 0.45 * 0.7 * 24, y]),
  translateY: () => moved((x, y) => [x, y - 0.45 * 0.7 * 18]),
  rotate: () => {
    const { a, b, c, d } = rotation(21)
    return moved((x, y) => [a * x + b * y, c * x + d * y])
  },
}

describe('the operations of RandAugment', () => {
  it.each(Object.keys(plain))('%s is what the formula says', (name) => {
    const operation = randOperations[name] as (image: Pixels, level: number, direction: number) => Pixels
    const [got, expected] = [operation(image, 0.7, 1).data, (plain[name] as () => number[])()]
    // Sums of four products may round differently in the last digit.
    const off = Math.max(...expected.map((value, i) => Math.abs(value - (got[i] as number))))
    expect(off).toBeLessThanOrEqual(
      name.startsWith('shear') || name === 'rotate' || name.startsWith('tr') ? 1 : 0,
    )
    expect([...operation(image, 0.7, -1).data]).toHaveLength(expected.length)
  })

  it('change nothing at level 0 where they have a strength', () => {
    for (const name of [
      'rotate',
      'color',
      'contrast',
      'brightness',
      'sharpness',
      'shearX',
      'translateY',
      'solarize',
      'solarizeAdd',
    ])
      expect([...(randOperations[name]?.(image, 0, -1).data ?? [])], name).toEqual([...image.data])
  })
})

describe('randAugment', () => {
  const settings = { magnitude: 7, layers: 4, deviation: 0.5 }

  it('does the same to images that draw from the same stream', () => {
    for (let i = 0; i < 20; i++) {
      const run = () => randAugment(image, settings, random(i, 'frames')).data
      expect(run()).toEqual(run())
    }
    const other = (i: number): string => randAugment(image, settings, random(i)).data.join()
    expect(new Set(Array.from({ length: 40 }, (_, i) => other(i))).size).toBeGreaterThan(30)
  })

  it('leaves an image alone about once in 2^n', () => {
    const weak = { ...settings, layers: 1, magnitude: 5 }
    const same = Array.from({ length: 400 }, (_, i) => randAugment(image, weak, random(i)).data).filter(
      (data) => data.every((value, i) => value === image.data[i]),
    )
    expect(Math.abs(same.length / 400 - 0.5)).toBeLessThan(0.15)
  })
})
