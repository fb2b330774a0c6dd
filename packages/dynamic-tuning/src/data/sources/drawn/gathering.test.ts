import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { openDataset } from '../../dataset.ts'
import { classTruth } from '../../truths/class.ts'
import { type Canvas, createCanvas, toPixels } from './canvas.ts'
import { drawImage, drawnLabels } from './draw-image.ts'
import { gathering } from './gathering.ts'

describe('builtin:gathering', () => {
  it('one to four classes an image, all as often, drawn from the seed', () => {
    const sets = Array.from({ length: 400 }, (_, i) => drawnLabels('gathering', 1, i))
    const sizes = [0, 0, 0, 0, 0]
    const seen = gathering.classes.map(() => 0)
    for (const set of sets) {
      expect(set).toEqual([...new Set(set)].sort((a, b) => a - b))
      sizes[set.length] = (sizes[set.length] ?? 0) + 1
      for (const label of set) seen[label] = (seen[label] ?? 0) + 1
    }
    expect(sizes[0]).toBe(0)
    for (const size of sizes.slice(1)) expect(Math.abs(size - 100)).toBeLessThan(30)
    for (const count of seen) expect(Math.abs(count - 125)).toBeLessThan(30)
    expect(drawnLabels('gathering', 1, 7)).toEqual(sets[7])
    expect(sets.map((_, i) => drawnLabels('gathering', 2, i))).not.toEqual(sets)
  })

  it('as many quarters of the ground are drawn over as there are labels', () => {
    for (let i = 0; i < 40; i++) {
      const [canvas, ground] = [createCanvas(64), createCanvas(64)]
      const labels = drawnLabels('gathering', 1, i)
      gathering.draw(canvas, labels, random(1, 'draw', 'gathering', i))
      gathering.draw(ground, [], random(1, 'draw', 'gathering', i))
      expect(toPixels(canvas)).toEqual(drawImage('gathering', 1, i))
      expect(changedQuarters(canvas, ground).length).toBe(labels.length)
    }
  })

  it('what is drawn for a label looks like its class', () => {
    const alone = (label: number, seed: number) => {
      const [canvas, ground] = [createCanvas(64), createCanvas(64)]
      gathering.draw(canvas, [label], random(seed))
      gathering.draw(ground, [], random(seed))
      return silhouette(canvas, ground)
    }
    const likeness = (a: readonly number[], b: readonly number[]): number =>
      a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0) / Math.hypot(...a) / Math.hypot(...b)
    const mean = gathering.classes.map((_, label) => {
      const all = Array.from({ length: 40 }, (_, i) => alone(label, i))
      return alone(label, 0).map((_, at) => all.reduce((sum, one) => sum + (one[at] ?? 0), 0))
    })
    let right = 0
    for (let i = 0; i < 80; i++) {
      const seen = alone(i % 8, 1000 + i)
      const scores = mean.map((each) => likeness(each, seen))
      if (scores.indexOf(Math.max(...scores)) === i % 8) right++
    }
    expect(right).toBeGreaterThan(56)
  })

  it('is a dataset of several labels, which a task of one class refuses', async () => {
    const set = await openDataset('builtin:gathering', { trainSize: 9, testSize: 8, seed: 1 })
    expect([set.truth, set.classes]).toEqual(['labels', gathering.classes])
    expect(set.train.map(({ truth }) => truth)).toEqual(
      set.train.map((_, i) => drawnLabels('gathering', 1, i)),
    )
    const [first] = set.test
    expect(first?.source).toEqual({ kind: 'drawn', task: 'gathering', seed: 1, index: 100_000_000 })
    expect(first?.truth).toEqual(drawnLabels('gathering', 1, 100_000_000))
    expect(() => classTruth.of(set)).toThrow(/builtin:gathering: an image has several labels/)
    const search = await openDataset('builtin:gathering', { trainSize: 200, testSize: 8, split: 'search' })
    expect(search.train.length + search.validation.length).toBe(200)
    expect(Math.abs(search.validation.length - 40)).toBeLessThan(10)
  })
})

/** Sum of the differences over the channels of a pixel. */
function change(a: Canvas, b: Canvas, at: number): number {
  return [0, 1, 2].reduce(
    (sum, c) => sum + Math.abs((a.data[at * 3 + c] ?? 0) - (b.data[at * 3 + c] ?? 0)),
    0,
  )
}

/** Quarters of the canvas whose central 20 x 20 pixels changed. */
function changedQuarters(a: Canvas, b: Canvas): number[] {
  return [0, 1, 2, 3].filter((quarter) => {
    const [left, top] = [6 + 32 * (quarter % 2), 6 + 32 * (quarter >> 1)]
    return Array.from({ length: 400 }, (_, i) => (top + Math.floor(i / 20)) * 64 + left + (i % 20)).some(
      (at) => change(a, b, at) > 30,
    )
  })
}

/** The changed pixels, 32 x 32 around their centre, 0 or 1. */
function silhouette(a: Canvas, b: Canvas): number[] {
  const places = Array.from({ length: 64 * 64 }, (_, at) => at).filter((at) => change(a, b, at) > 60)
  const middle = (of: (at: number) => number) =>
    Math.round(places.reduce((sum, at) => sum + of(at), 0) / places.length)
  const [x, y] = [middle((at) => at % 64), middle((at) => Math.floor(at / 64))]
  const changed = new Set(places)
  return Array.from({ length: 1024 }, (_, i) =>
    changed.has((y - 16 + (i >> 5)) * 64 + x - 16 + (i % 32)) ? 1 : 0,
  )
}
