import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { averagePrecisionOf } from './average-precision.ts'

const of = (scores: readonly number[], positives: readonly number[]): number =>
  averagePrecisionOf(scores, (sample) => positives.includes(sample))

/**
 * scikit-learn's definition, threshold by threshold: sum of (R_n - R_{n-1}) P_n, the highest threshold first.
 */
function plain(scores: readonly number[], truths: readonly boolean[]): number {
  const positives = truths.filter((truth) => truth).length
  let [sum, recallBefore] = [0, 0]
  for (const threshold of [...new Set(scores)].sort((a, b) => b - a)) {
    const named = truths.filter((_, i) => (scores[i] ?? 0) >= threshold)
    const found = named.filter((truth) => truth).length
    sum += (found / positives - recallBefore) * (found / named.length)
    recallBefore = found / positives
  }
  return sum
}

describe('average precision', () => {
  it('is that of cases by hand', () => {
    expect(of([4, 3, 2, 1], [0, 1])).toBe(1)
    expect(of([4, 3, 2, 1], [2, 3])).toBeCloseTo((1 / 3 + 2 / 4) / 2, 15)
    expect(of([1, 2, 3, 4], [0])).toBe(0.25)
    // The example of scikit-learn's documentation: 0.83.
    expect(of([0.1, 0.4, 0.35, 0.8], [2, 3])).toBeCloseTo(5 / 6, 15)
    expect(of([-9, Number.NEGATIVE_INFINITY, 2], [0, 1, 2])).toBe(1)
  })

  it('counts equal scores at once, whatever their order', () => {
    expect(of([1, 1, 1, 1], [3])).toBe(0.25)
    expect(of([1, 1, 1, 1], [0])).toBe(0.25)
    // 2 of the 3 best are right at recall 2 / 3, all 3 of 5 at recall 1.
    expect(of([2, 2, 2, 1, 1], [0, 2, 3])).toBeCloseTo((2 / 3) * (2 / 3) + (1 / 3) * (3 / 5), 15)
    expect(of([1, 2, 1, 2, 2], [1, 3, 0])).toBeCloseTo((2 / 3) * (2 / 3) + (1 / 3) * (3 / 5), 15)
    expect(of([0, -0, 1], [0])).toBeCloseTo(1 / 3, 15)
  })

  it('is undefined for a class that no sample has', () => {
    expect(of([1, 2], [])).toBeNaN()
  })

  it('is what plain loops over all thresholds give, with and without ties', () => {
    const score = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.double({ min: -5, max: 5, noNaN: true }))
    const samples = fc.array(fc.tuple(score, fc.boolean()), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(samples, (pairs) => {
        const [scores, truths] = [pairs.map(([each]) => each), pairs.map(([, each]) => each)]
        fc.pre(truths.includes(true))
        const found = averagePrecisionOf(Float64Array.from(scores), (sample) => truths[sample] ?? false)
        expect(found).toBeCloseTo(plain(scores, truths), 12)
      }),
      { numRuns: 300, seed: 1 },
    )
  })
})
