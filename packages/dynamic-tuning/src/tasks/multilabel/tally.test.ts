import { describe, expect, it } from 'vitest'
import type { Labels } from '../../data/truths/labels.ts'
import type { Outputs } from '../../network/outputs.ts'
import { f1Of, sumOf } from './counts.ts'
import { multilabel } from './multilabel.ts'
import { batchPrecision } from './tally.ts'

const classes = ['cat', 'dog', 'owl', 'yak']
const outputsOf = (...rows: readonly (readonly number[])[]): Outputs => ({
  logits: {
    dtype: 'float32',
    shape: [rows.length, rows[0]?.length ?? 0],
    data: Float32Array.from(rows.flat()),
  },
})
const logitOf = (p: number): number => Math.log(p / (1 - p))

/** Four images; nobody has a yak, and the third image is said to. */
const rows = [
  [2, 1, -2, -1],
  [1, -1, 0, -2],
  [-1, 1, -1, 3],
  [-2, -3, 1, -1],
]
const truths: Labels[] = [[0], [0, 1], [1], [0, 2]]

describe('the tally of several labels', () => {
  it('ranks each class over all batches, and counts labels at the threshold', () => {
    const tally = multilabel.tally({ classes, settings: {} })
    tally.add(outputsOf(...rows.slice(0, 3)), truths.slice(0, 3))
    tally.add(outputsOf(...rows.slice(3)), truths.slice(3))
    const { measures, perClass } = tally.result()
    // cat: images 0, 1 found, 3 last of four. dog: scores 1, -1, 1, -3, the two best are a tie of which one
    // is right.
    const cat = (1 + 1 + 3 / 4) / 3
    const dog = (1 / 2) * (1 / 2) + (1 / 2) * (2 / 3)
    const owl = 1
    expect(perClass).toEqual([
      { class: 'cat', images: 3, measures: { averagePrecision: cat, f1: 4 / 5 } },
      { class: 'dog', images: 2, measures: { averagePrecision: dog, f1: 2 / 4 } },
      // A probability of exactly one half is named.
      { class: 'owl', images: 1, measures: { averagePrecision: owl, f1: 2 / 3 } },
    ])
    expect(measures.meanAveragePrecision).toBeCloseTo((cat + dog + owl) / 3, 15)
    expect(measures.macroF1).toBeCloseTo((4 / 5 + 2 / 4 + 2 / 3) / 3, 15)
    // Found: cat 2, dog 1, owl 1. Wrong: dog 1, owl 1, yak 1. Missed: cat 1, dog 1.
    expect(measures.microF1).toBeCloseTo(8 / (8 + 3 + 2), 15)
  })

  it('adds up the binary cross-entropy as training does, a mean over images and classes', () => {
    const tally = multilabel.tally({ classes, settings: {} })
    tally.add(outputsOf(...rows), truths)
    const terms = rows.flatMap((row, image) =>
      row.map((x, label) => {
        const p = 1 / (1 + Math.exp(-x))
        return -Math.log(truths[image]?.includes(label) ? p : 1 - p)
      }),
    )
    expect(tally.result().loss).toBeCloseTo(terms.reduce((a, b) => a + b) / 16, 12)
  })

  it('takes the threshold of the run', () => {
    const f1At = (labelThreshold: number) => {
      const tally = multilabel.tally({ classes: ['cat', 'dog'], settings: { labelThreshold } })
      tally.add(outputsOf([logitOf(0.6), logitOf(0.3)]), [[0, 1]])
      return tally.result().measures.microF1
    }
    expect([0.2, 0.5, 0.7].map(f1At)).toEqual([1, 2 / 3, 0])
  })
})

describe('one batch', () => {
  it('is scored by the classes that it shows', () => {
    const { meanAveragePrecision } = batchPrecision(outputsOf(...rows.slice(0, 2)), [[0], [0, 3]])
    // cat: both images; yak: the second of two.
    expect(meanAveragePrecision).toBe((1 + 1 / 2) / 2)
  })
})

describe('F1', () => {
  it('is the harmonic mean of precision and recall', () => {
    const [precision, recall] = [6 / 8, 6 / 9]
    const counts = { found: 6, wrong: 2, missed: 3 }
    expect(f1Of(counts)).toBeCloseTo((2 * precision * recall) / (precision + recall), 15)
    expect(f1Of({ found: 0, wrong: 0, missed: 2 })).toBe(0)
    expect(f1Of({ found: 0, wrong: 0, missed: 0 })).toBeNaN()
    expect(sumOf([counts, { found: 1, wrong: 10, missed: 100 }])).toEqual({
      found: 7,
      wrong: 12,
      missed: 103,
    })
  })
})
