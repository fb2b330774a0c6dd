import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { bootstrapInterval, deviation, mean, quantile, shareInterval } from './statistics.ts'

describe('mean and deviation', () => {
  it('are those of a sample', () => {
    expect(mean([2, 4, 4, 4, 5, 5, 7, 9])).toBe(5)
    // Squares of the distances sum to 32.
    expect(deviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 14)
    expect(deviation([3, 3])).toBe(0)
    expect([deviation([3]), deviation([])]).toEqual([null, null])
  })
})

describe('bootstrapInterval', () => {
  it('of two values ends at both, as a quarter of all samples holds one of them twice', () => {
    expect(bootstrapInterval([0.4, 0.6])).toEqual([0.4, 0.6])
    expect(bootstrapInterval([0.5, 0.5, 0.5])).toEqual([0.5, 0.5])
    expect([bootstrapInterval([1]), bootstrapInterval([])]).toEqual([null, null])
  })

  it('of three values has the quantiles of the 27 equally likely samples', () => {
    // All of the least value and all of the largest are 1 in 27 each, more than 2.5 %.
    expect(bootstrapInterval([1, 2, 6])).toEqual([1, 6])
  })

  it('of many values is that of the normal approximation, and the same each time', () => {
    const draw = random(1, 'values')
    const values = Array.from({ length: 400 }, () => 3 + 2 * draw.normal())
    const [low, high] = bootstrapInterval(values, 5) as [number, number]
    const error = 1.96 * ((deviation(values) as number) / Math.sqrt(400))
    expect(Math.abs(low - (mean(values) - error))).toBeLessThan(0.02)
    expect(Math.abs(high - (mean(values) + error))).toBeLessThan(0.02)
    expect(bootstrapInterval(values, 5)).toEqual([low, high])
    expect(bootstrapInterval(values, 6)).not.toEqual([low, high])
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
