import { describe, expect, it } from 'vitest'
import { cosine } from './cosine.ts'
import { temperatureAt } from './temperature.ts'

const settings = { learningRate: 0.8, minimum: 0.2, warmupSteps: 4, totalSteps: 12 }

describe('cosine', () => {
  it('warms up from exactly 0, then follows half a cosine down to the minimum', () => {
    const wanted = [
      0,
      0.2,
      0.4,
      0.6,
      0.8,
      ...[1, 2, 3, 4, 5, 6, 7].map((k) => 0.5 + 0.3 * Math.cos((Math.PI * k) / 8)),
    ]
    const rateAt = cosine(settings)
    for (const [step, rate] of wanted.entries()) expect(rateAt(step)).toBeCloseTo(rate, 12)
    expect(rateAt(0)).toBe(0)
    expect(rateAt(8)).toBeCloseTo(0.5, 12)
    expect(rateAt(12)).toBeCloseTo(0.2, 12)
    expect(rateAt(99)).toBeCloseTo(0.2, 12)
  })

  it('starts at the top without warm-up, and survives a run that is all warm-up', () => {
    expect(cosine({ ...settings, warmupSteps: 0 })(0)).toBe(0.8)
    const only = { ...settings, warmupSteps: 4, totalSteps: 4 }
    expect([0, 2, 3, 4].map(cosine(only))).toEqual([0, 0.4, (0.8 * 3) / 4, 0.8])
  })
})

describe('temperatureAt', () => {
  it('goes from the first to the last by equal factors', () => {
    const all = Array.from({ length: 5 }, (_, step) => temperatureAt(step, 5, 0.1, 5))
    expect(all[0]).toBe(5)
    expect(all[4]).toBeCloseTo(0.1, 12)
    for (const [step, tau] of all.slice(1).entries())
      expect(tau / (all[step] as number)).toBeCloseTo((0.1 / 5) ** 0.25, 12)
    expect(temperatureAt(9, 5, 0.1, 5)).toBeCloseTo(0.1, 12)
    expect(temperatureAt(0, 2, 2, 1)).toBe(2)
  })
})
