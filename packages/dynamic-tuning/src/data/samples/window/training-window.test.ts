import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { ignoredLabel, type LabelMap } from '../../label-map.ts'
import type { Pixels } from '../../sources/pixels.ts'
import { scriptedRandom } from '../../testing/scripted-random.ts'
import { drawWindow, type TrainingWindowSettings, windowLabels, windowPixels } from './training-window.ts'

const settings: TrainingWindowSettings = {
  base: { long: 96, short: 48 },
  ratio: [1, 2],
  cropShare: 0.75,
  photometric: false,
}
const window = { width: 40, height: 32 }

/** Labels 0, 1 and 2 in random blocks of 5 x 4 pixels. */
function blocks(seed: number, width: number, height: number): LabelMap {
  const draw = random(seed, 'blocks')
  const across = Math.ceil(width / 5)
  const classes = Array.from({ length: across * Math.ceil(height / 4) }, () => draw.integer(3))
  const data = Uint16Array.from(
    { length: width * height },
    (_, i) => classes[Math.floor(Math.floor(i / width) / 4) * across + Math.floor((i % width) / 5)] ?? 0,
  )
  return { width, height, data }
}

/** Pure red, green or blue for labels 0, 1 and 2: interpolation never makes one of them from others. */
function painted({ width, height, data }: LabelMap): Pixels {
  const bytes = Array.from(data, (label) => [0, 1, 2].map((c) => (c === label ? 255 : 0))).flat()
  return { width, height, data: Uint8Array.from(bytes) }
}

/** Shares of pixels that are pure, and of those that have their label. */
function agreement({ width, height, data }: Pixels, labels: LabelMap) {
  let [pure, right] = [0, 0]
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3
      const label = [...data.subarray(at, at + 3)].indexOf(255)
      if (label < 0) continue
      pure++
      if (labels.data[y * labels.width + x] === label) right++
    }
  return { pure: pure / (width * height), right: right / pure }
}

describe('windows for training', () => {
  it('have labels that follow the picture, at every ratio, crop and mirroring', () => {
    const seen = new Set<boolean>()
    for (let seed = 0; seed < 40; seed++) {
      const original = blocks(seed, 60, 45)
      const draw = random(seed, 'augment', 0, 0)
      const { change, labels } = drawWindow(original, settings, window, draw)
      seen.add(change.mirrored)
      const pixels = windowPixels(painted(original), change)
      const followed = windowLabels(labels, change, window)
      expect([followed.width, followed.height]).toEqual([40, 32])
      const { pure, right } = agreement(pixels, followed)
      expect(pure).toBeGreaterThan(0.4)
      expect(right).toBe(1)
    }
    expect(seen.size).toBe(2)
  })

  it('follow it up to a pixel where it shrinks', () => {
    const original = blocks(1, 60, 45)
    for (let seed = 0; seed < 10; seed++) {
      const { change, labels } = drawWindow(
        original,
        { ...settings, ratio: [0.5, 0.9] },
        window,
        random(seed, 'small'),
      )
      const found = agreement(windowPixels(painted(original), change), windowLabels(labels, change, window))
      expect(found.right).toBeGreaterThan(0.9)
    }
  })

  it('draw ratio, corner (row first), mirroring and colours in this order', () => {
    const original = blocks(2, 60, 45)
    // 48 * 1.5 = 72 rows and 96 columns: row 20 of 0 ... 40, column 14 of 0 ... 56
    const draw = scriptedRandom(0.5, 0.49, 0.25, 0.5, 0.4, 0.4, 0.4, 0.4, 0.4)
    const { change } = drawWindow(original, { ...settings, cropShare: 1, photometric: true }, window, draw)
    expect(change).toEqual({
      resized: { width: 96, height: 72 },
      box: { top: 20, left: 14, width: 40, height: 32 },
      mirrored: true,
      colours: { contrastFirst: false },
    })
    expect(draw.left()).toBe(0)
  })

  it('change colours after mirroring, and no labels', () => {
    const change = {
      resized: { width: 2, height: 1 },
      box: { left: 0, top: 0, width: 2, height: 1 },
      mirrored: true,
    }
    const picture: Pixels = { width: 2, height: 1, data: Uint8Array.of(10, 20, 30, 40, 50, 60) }
    const colours = { brightness: 5, contrastFirst: false }
    expect([...windowPixels(picture, { ...change, colours }).data]).toEqual([45, 55, 65, 15, 25, 35])
    const labels = { width: 2, height: 1, data: Uint16Array.of(7, 8) }
    expect([...windowLabels(labels, { ...change, colours }, { width: 2, height: 1 }).data]).toEqual([8, 7])
  })

  it('keep a picture whole that is smaller, with ignored labels beside and below it', () => {
    const original = blocks(3, 30, 20)
    const wide = { width: 64, height: 64 }
    const { change, labels } = drawWindow(original, { ...settings, ratio: [1, 1] }, wide, random(1, 'small'))
    expect(change.resized).toEqual({ width: 72, height: 48 })
    expect(change.box).toMatchObject({ top: 0, width: 64, height: 48 })
    const followed = windowLabels(labels, change, wide)
    expect(followed.data.subarray(48 * 64)).toEqual(new Uint16Array(16 * 64).fill(ignoredLabel))
    expect(followed.data.subarray(0, 48 * 64)).not.toContain(ignoredLabel)
  })
})
