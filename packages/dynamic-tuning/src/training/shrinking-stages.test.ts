import { describe, expect, it } from 'vitest'
import { vitConfig } from '../models/vit/vit-names.ts'
import { reductionOptions } from '../reduction/options.ts'
import { keepRateAt } from './schedules/keep-rate.ts'
import { shrinkingStages } from './shrinking-stages.ts'

const config = vitConfig('vit_base_patch16_224', 10)
const reduction = reductionOptions({ reduction: 'evit', keepRate: 0.7 })

describe("EViT's keep rate", () => {
  it('is 1 at first, then falls by half a cosine', () => {
    const rates = [0, 3, 4, 5, 6, 7, 8, 99].map((step) => keepRateAt(step, 0.5, { start: 4, steps: 4 }))
    const root = Math.SQRT1_2
    const wanted = [1, 1, 1, 0.75 + root / 4, 0.75, 0.75 - root / 4, 0.5, 0.5]
    expect(rates).toEqual(wanted.map((rate) => expect.closeTo(rate, 12)))
    expect(keepRateAt(3, 0.5, { start: 4, steps: 0 })).toBe(1)
    expect(keepRateAt(4, 0.5, { start: 4, steps: 0 })).toBe(0.5)
    expect(keepRateAt(0, 0.5, { start: 0, steps: 0 })).toBe(0.5)
  })

  it('makes a stage for all steps that keep the same tokens, each with the rate of its steps', () => {
    expect(shrinkingStages(reduction, config, { start: 0, steps: 0 })).toEqual([
      { until: Number.POSITIVE_INFINITY, reduction },
    ])
    const shrinking = { start: 100, steps: 1000 }
    const stages = shrinkingStages(reduction, config, shrinking)
    /** Tokens after layers 3, 6 and 9 of 196 patches, with a fused one wherever some leave. */
    const kept = (rates: readonly number[]): number[] => {
      let tokens = 196
      return rates.map((rate) => {
        tokens = Math.ceil(rate * tokens) < tokens ? Math.ceil(rate * tokens) + 1 : tokens
        return tokens
      })
    }
    const ratesAt = (step: number): number[] => {
      const { keepRate = [] } = stages.find(({ until }) => step < until)?.reduction ?? {}
      return typeof keepRate === 'number' ? [keepRate, keepRate, keepRate] : [...keepRate]
    }
    expect(ratesAt(99)).toEqual([1, 1, 1])
    for (let step = 0; step < 1200; step++) {
      const rate = keepRateAt(step, 0.7, shrinking)
      expect(kept(ratesAt(step))).toEqual(kept([rate, rate, rate]))
    }
    expect(stages.at(-1)).toEqual({ until: Number.POSITIVE_INFINITY, reduction })
    expect(stages.length).toBeLessThan(150)
    const tokens = stages.map(({ until }) => kept(ratesAt(until - 1)).join())
    expect(new Set(tokens.slice(0, -1)).size).toBe(tokens.length - 1)
  })

  it('falls to the rate of each layer where several are given', () => {
    const several = reductionOptions({ reduction: 'evit', keepRate: [0.5, 0.9], reductionLayers: [2, 5] })
    const stages = shrinkingStages(several, config, { start: 0, steps: 2 })
    expect(stages.map(({ until }) => until)).toEqual([1, 2, Number.POSITIVE_INFINITY])
    expect(stages.map(({ reduction: { keepRate } }) => keepRate)).toEqual([
      [1, 1],
      [expect.closeTo(0.75, 12), expect.closeTo(0.95, 12)],
      [0.5, 0.9],
    ])
    expect(stages[1]?.reduction.reductionLayers).toEqual([2, 5])
  })
})
