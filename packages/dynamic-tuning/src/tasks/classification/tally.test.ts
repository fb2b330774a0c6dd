import { describe, expect, it } from 'vitest'
import type { Outputs } from '../../network/outputs.ts'
import { argMaxAt, crossEntropyAt } from './logits.ts'
import { batchAccuracy, ClassTally } from './tally.ts'

const outputs = (...rows: readonly number[][]): Outputs => ({
  logits: { dtype: 'float32', shape: [rows.length, 3], data: Float32Array.from(rows.flat()) },
})

describe('a tally of labels', () => {
  it('counts batch by batch, weighs classes alike and leaves out those without samples', () => {
    const tally = new ClassTally(['cat', 'dog', 'owl'])
    tally.add(outputs([9, 0, 0], [0, 9, 0]), [0, 0])
    tally.add(outputs(...Array.from({ length: 98 }, () => [0, 1, 0])), new Array<number>(98).fill(1))
    const { measures, loss, perClass, confusion } = tally.result()
    expect(measures).toEqual({ accuracy: 0.99, meanPerClassAccuracy: 0.75 })
    expect(perClass).toEqual([
      { class: 'cat', images: 2, measures: { accuracy: 0.5 } },
      { class: 'dog', images: 98, measures: { accuracy: 1 } },
    ])
    expect(confusion).toEqual([
      [1, 1, 0],
      [0, 98, 0],
      [0, 0, 0],
    ])
    const sure = Math.log(1 + 2 * Math.exp(-9))
    expect(loss).toBeCloseTo((2 * sure + 9 + 98 * Math.log(1 + 2 / Math.E)) / 100, 6)
  })

  it('scores a single batch alike', () => {
    expect(batchAccuracy(outputs([1, 0, 2], [3, 0, 0]), [2, 1])).toEqual({ accuracy: 0.5 })
  })

  it('takes the first of equal logits, and large logits without overflow', () => {
    expect(argMaxAt(Float32Array.of(9, 1, 4, 4), 1, 3)).toBe(1)
    expect(crossEntropyAt(Float32Array.of(1000, 999), 0, 2, 1)).toBeCloseTo(Math.log(1 + Math.E), 5)
  })
})
