import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import type { Pixels } from '../../sources/pixels.ts'
import { pattern } from '../../testing/pattern.ts'
import { scriptedRandom } from '../../testing/scripted-random.ts'
import { fromHsv, toHsv } from './hsv.ts'
import { changeColours, drawColourChanges } from './photometric.ts'

const colours = (...data: number[]): Pixels => ({
  width: data.length / 3,
  height: 1,
  data: Uint8Array.from(data),
})
const none = { contrastFirst: false }

describe('hue, saturation and value', () => {
  it('are those of known colours', () => {
    const known = colours(...[255, 0, 0], ...[0, 255, 0], ...[0, 0, 255], ...[255, 255, 0], ...[0, 128, 128])
    const wanted = [
      ...[0, 255, 255],
      ...[60, 255, 255],
      ...[120, 255, 255],
      ...[30, 255, 255],
      ...[90, 255, 128],
    ]
    expect([...toHsv(known).data]).toEqual(wanted)
    // Greys have neither hue nor saturation; (200, 100, 150) lies at 330 degrees, and 255 / 2 is cut.
    expect([...toHsv(colours(0, 0, 0, 77, 77, 77, 200, 100, 150)).data]).toEqual([
      0, 0, 0, 0, 0, 77, 165, 127, 200,
    ])
  })

  it('are within a step of exact ones, and lead back', () => {
    const all = Array.from({ length: 12 ** 3 }, (_, i) => [
      i % 12,
      Math.floor(i / 12) % 12,
      Math.floor(i / 144),
    ])
    const picture = colours(...all.flat().map((level) => level * 23))
    const { data } = toHsv(picture)
    for (const [i, [r = 0, g = 0, b = 0]] of all.entries()) {
      const [most, range] = [Math.max(r, g, b), Math.max(r, g, b) - Math.min(r, g, b)]
      const sixth =
        range === 0
          ? 0
          : most === r
            ? (g - b) / range
            : most === g
              ? (b - r) / range + 2
              : (r - g) / range + 4
      const [hue = -9, saturation = -9, value] = data.subarray(3 * i, 3 * i + 3)
      const turn = Math.abs(hue - ((30 * sixth + 180) % 180))
      expect(Math.min(turn, 180 - turn)).toBeLessThanOrEqual(0.56)
      expect(Math.abs(saturation - (most === 0 ? 0 : (255 * range) / most))).toBeLessThanOrEqual(0.51)
      expect(value).toBe(most * 23)
    }
    const back = fromHsv(toHsv(picture)).data
    for (const [i, value] of picture.data.entries())
      expect(Math.abs((back[i] ?? -9) - value)).toBeLessThanOrEqual(5)
  })
})

describe('changeColours', () => {
  it('adds brightness and multiplies by contrast: clipped, then cut', () => {
    const three = colours(0, 100, 250)
    expect([...changeColours(three, { ...none, brightness: 7.9 }).data]).toEqual([7, 107, 255])
    expect([...changeColours(three, { ...none, brightness: -7.9 }).data]).toEqual([0, 92, 242])
    expect([...changeColours(three, { ...none, contrast: 0.999 }).data]).toEqual([0, 99, 249])
    // 100 + 10 and then half of it; not 100 / 2 + 10
    expect([...changeColours(three, { ...none, brightness: 10, contrast: 0.5 }).data]).toEqual([5, 55, 127])
  })

  it('puts contrast before saturation, or last', () => {
    const one = colours(200, 100, 150)
    const changes = { contrast: 1.5, saturation: 0.5 }
    // Clipped to (255, 150, 225) first: saturation 105 of 255 goes to 52.
    const clipped = changeColours(colours(255, 150, 225), { ...none, saturation: 0.5 })
    expect(changeColours(one, { ...changes, contrastFirst: true })).toEqual(clipped)
    const pale = changeColours(one, { ...none, saturation: 0.5 })
    expect(changeColours(one, { ...changes, contrastFirst: false })).toEqual(
      changeColours(pale, { ...none, contrast: 1.5 }),
    )
  })

  it('turns hues around their circle', () => {
    const red = colours(255, 0, 0)
    expect([...changeColours(red, { ...none, hue: 60 }).data]).toEqual([0, 255, 0])
    expect([...changeColours(red, { ...none, hue: -60 }).data]).toEqual([0, 0, 255])
    expect([...changeColours(red, { ...none, hue: 17 }).data]).toEqual([255, 144, 0]) // 255 * 17 / 30 = 144.5
  })

  it('changes nothing without changes, and never its input', () => {
    expect(changeColours(pattern(), none)).toEqual(pattern())
    const image = pattern()
    changeColours(image, { contrastFirst: true, brightness: 9, contrast: 1.2, saturation: 1.3, hue: 5 })
    expect(image).toEqual(pattern())
  })
})

describe('drawColourChanges', () => {
  it('draws each change, its coin first', () => {
    expect(drawColourChanges(scriptedRandom(0.6, 0.25, 0.7, 0.9, 0.5, 0.9, 1, 0.5, 0))).toEqual({
      ...{ brightness: -16, contrastFirst: true, contrast: 1, saturation: 1.5, hue: -18 },
    })
    expect(drawColourChanges(scriptedRandom(0.4, 0.4, 0.4, 0.4, 0.4))).toEqual({
      ...{
        brightness: undefined,
        contrastFirst: false,
        contrast: undefined,
        saturation: undefined,
        hue: undefined,
      },
    })
  })

  it('leaves each out half of the time, and covers its range', () => {
    const many = Array.from({ length: 4000 }, (_, i) => drawColourChanges(random(3, 'colours', i)))
    for (const [name, low, high] of [
      ['brightness', -32, 32],
      ['contrast', 0.5, 1.5],
      ['saturation', 0.5, 1.5],
      ['hue', -18, 17],
    ] as const) {
      const values = many.flatMap((changes) => changes[name] ?? [])
      expect(Math.abs(values.length - 2000)).toBeLessThan(150)
      const span = high - low
      expect(Math.min(...values)).toBeGreaterThanOrEqual(low)
      expect(Math.min(...values)).toBeLessThan(low + span / 100)
      expect(Math.max(...values)).toBeLessThanOrEqual(high)
      expect(Math.max(...values)).toBeGreaterThan(high - span / 100)
    }
    expect(Math.abs(many.filter(({ contrastFirst }) => contrastFirst).length - 2000)).toBeLessThan(150)
  })
})
