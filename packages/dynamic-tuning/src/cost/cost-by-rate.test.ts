import { describe, expect, it } from 'vitest'
import { modelOf } from '../models/model.ts'
import { vitConfig } from '../models/vit/vit-names.ts'
import { network } from '../network/network.ts'
import { dyt } from '../tuners/dyt.ts'
import type { TunerOptions } from '../tuners/tuner.ts'
import { costAt, costByRate, rateAtCost } from './cost-by-rate.ts'
import { modelCost } from './model-cost.ts'

const config = vitConfig('vit_base_patch16_224', 100)
const settings = (dispatch: TunerOptions['dispatch']) => ({
  network: network({ ...modelOf(config), tuner: dyt, options: { ...dyt.defaults, dispatch } }),
})

describe('costByRate', () => {
  it.each(['mlp', 'attention', 'attention-mlp', 'layer'] as const)(
    '%s: is the count at any rate, and its rate of a count gives that count',
    (dispatch) => {
      const model = settings(dispatch)
      const cost = costByRate(model)
      for (const rate of [0.13, 0.71]) {
        const counted = modelCost({ ...model, activeRate: rate }).flops.total
        expect(costAt(cost, rate) / counted).toBeCloseTo(1, 12)
        expect(rateAtCost(cost, counted)).toBeCloseTo(rate, 9)
      }
    },
  )

  it('is what a token and a pair of tokens cost', () => {
    // norm and MLP of 12 layers for each of 196 tokens; the class token always goes through.
    expect(costByRate(settings('mlp'))).toMatchObject({
      linear: 12 * 196 * (8 * 768 ** 2 + 5 * 768),
      quadratic: 0,
    })
    const attention = costByRate(settings('attention'))
    expect(attention.quadratic).toBeCloseTo(12 * 2 * 768 * 196 ** 2, 3)
    expect(attention.linear).toBeCloseTo(12 * 196 * (4 * 768 ** 2 + 5 * 768 + 2 * 2 * 768), 3)
  })

  it('finds no rate for a cost out of reach', () => {
    const cost = { constant: 2, linear: 1, quadratic: 1 }
    expect(rateAtCost(cost, 1.9)).toBeUndefined()
    expect(rateAtCost(cost, 4.1)).toBeUndefined()
    expect(rateAtCost(cost, Number.NaN)).toBeUndefined()
    expect(rateAtCost(cost, 2)).toBeCloseTo(0, 9)
    expect(rateAtCost(cost, 4)).toBeCloseTo(1, 9)
  })
})
