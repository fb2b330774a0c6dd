import { describe, expect, it } from 'vitest'
import {
  deviation,
  mean,
  meanInterval,
  quantile,
  shareInterval,
  spread,
  studentQuantile,
} from './statistics.ts'

describe('mean and deviation', () => {
  it('are those of a sample', () => {
    expect(mean([2, 4, 4, 4, 5, 5, 7, 9])).toBe(5)
    // Squares of the distances sum to 32.
    expect(deviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 14)
    expect(deviation([3, 3])).toBe(0)
    expect([deviation([3]), deviation([])]).toEqual([null, null])
  })
})

describe('the spread over seeds', () => {
  it('is told from three values on', () => {
    expect([spread([1]), spread([1, 2]), meanInterval([1]), meanInterval([1, 2])]).toEqual([
      ...[null, null, null, null],
    ])
    expect(spread([1, 2, 3])).toBe(1)
  })

  it("is mean ± t s / sqrt(n), with Student's t", () => {
    // R: t.test(c(1, 2, 6))$conf.int
    const [low, high] = meanInterval([1, 2, 6]) as [number, number]
    expect([low, high].map((end) => end.toFixed(4))).toEqual(['-3.5724', '9.5724'])
    // R: qt(0.975, c(2, 3, 10, 11, 30, 100))
    expect([2, 3, 10, 11, 30, 100].map((freedom) => studentQuantile(freedom).toFixed(4))).toEqual([
      ...['4.3027', '3.1824', '2.2281', '2.2010', '2.0423', '1.9840'],
    ])
    // The expansion is the least exact where it starts.
    expect(Math.abs(studentQuantile(11) - 2.200985160082949)).toBeLessThan(1e-5)
    expect(studentQuantile(1e9)).toBeCloseTo(1.959964, 6)
  })
})

describe('quantile', () => {
  it('lies between neighbours in proportion', () => {
    expect([0, 0.25, 0.5, 0.9, 1].map((share) => quantile([1, 2, 3, 5], share))).toEqual([
      1,
      1.75,
      2.5,
      expect.closeTo(4.4, 12),
      5,
    ])
  })
})

describe('shareInterval', () => {
  it("is Wilson's, also where a share is 0 or 1", () => {
    // 15 of 20: Newcombe (1998) and R's prop.test without correction give 0.5313 and 0.8881.
    const [low, high] = shareInterval(0.75, 20)
    expect([low.toFixed(4), high.toFixed(4)]).toEqual(['0.5313', '0.8881'])
    expect(shareInterval(0, 10)[0]).toBe(0)
    expect(shareInterval(0, 10)[1]).toBeCloseTo(0.27753, 5)
    expect(shareInterval(1, 10)[0]).toBeCloseTo(1 - 0.27753, 5)
    // Both ends solve (p - share)^2 = z^2 p (1 - p) / n.
    for (const p of [low, high])
      expect((p - 0.75) ** 2).toBeCloseTo((1.959963984540054 ** 2 * p * (1 - p)) / 20, 12)
  })
})
