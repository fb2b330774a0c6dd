import { describe, expect, it } from 'vitest'
import { logTicks, niceTicks, tightTicks } from './axis-ticks.ts'

describe('niceTicks', () => {
  it('widens to round numbers', () => {
    expect(niceTicks(0.3, 9.2)).toEqual({
      min: 0,
      max: 10,
      values: [0, 2, 4, 6, 8, 10],
      labels: ['0', '2', '4', '6', '8', '10'],
    })
    expect(niceTicks(-0.4, 0.61).labels).toEqual(['−0.50', '−0.25', '0', '0.25', '0.50', '0.75'])
  })
  it('keeps to whole numbers where those are asked for', () => {
    for (const [most, labels] of [
      [1, ['0', '1']],
      [3, ['0', '1', '2', '3']],
      [9, ['0', '2', '4', '6', '8', '10']],
      [12, ['0', '5', '10', '15']],
      [100, ['0', '20', '40', '60', '80', '100']],
    ] as const)
      expect(niceTicks(0, most, 5, true).labels).toEqual(labels)
    expect(tightTicks(1, 3, 6, true).labels).toEqual(['1', '2', '3'])
    expect(niceTicks(2, 2, 5, true).values).toContain(2)
  })
  it('writes large and small numbers short', () => {
    expect(niceTicks(0, 50_000).labels).toEqual(['0', '10k', '20k', '30k', '40k', '50k'])
    expect(niceTicks(0, 3e6, 3).labels).toEqual(['0', '1M', '2M', '3M'])
    expect(niceTicks(0, 1e-4, 4).labels).toEqual(['0', '2.5e−5', '5e−5', '7.5e−5', '1e−4'])
  })
  it('spreads equal bounds, zero too', () => {
    const same = niceTicks(7, 7)
    expect(same.min).toBeLessThan(7)
    expect(same.max).toBeGreaterThan(7)
    expect([niceTicks(0, 0).min, niceTicks(0, 0).max]).toEqual([-1, 1])
  })
  it('covers the data with evenly spaced ticks at any size', () => {
    for (let i = 0; i < 200; i++) {
      const low = Math.sin(i * 12.9) * 10 ** ((i % 13) - 6)
      const high = low + Math.abs(Math.cos(i * 78.2)) * 10 ** ((i % 11) - 5)
      const ticks = niceTicks(low, high)
      expect(ticks.min).toBeLessThanOrEqual(low + 1e-8 * (high - low))
      expect(ticks.max).toBeGreaterThanOrEqual(high - 1e-8 * (high - low))
      expect(ticks.values.length).toBeLessThanOrEqual(8)
    }
  })
})

describe('tightTicks', () => {
  it('keeps the bounds and the round numbers between them', () => {
    expect(tightTicks(3, 3140)).toEqual({
      min: 3,
      max: 3140,
      values: [1000, 2000, 3000],
      labels: ['1000', '2000', '3000'],
    })
  })
})

describe('logTicks', () => {
  it('stands at 1, 2 and 5, or at powers over a long range', () => {
    expect(logTicks(3, 60).values).toEqual([5, 10, 20, 50])
    expect(logTicks(1, 1e5).values).toEqual([1, 10, 100, 1000, 10_000, 100_000])
    expect(logTicks(0.001, 0.1).labels).toEqual(['0.001', '0.002', '0.005', '0.01', '0.02', '0.05', '0.1'])
  })
})
