import { describe, expect, it } from 'vitest'
import { modelOf } from '../models/model.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { network } from '../network/network.ts'
import { dyt } from '../tuners/dyt.ts'
import { modelCost } from './model-cost.ts'
import { rateForShare } from './rate-for-share.ts'

const bare = modelCost({ network: network(modelOf(tiny)) }).flops.total

describe('rateForShare', () => {
  it.each(['mlp', 'attention', 'layer'] as const)('inverts modelCost: dispatch of %s', (dispatch) => {
    const model = {
      network: network({
        ...modelOf(tiny),
        tuner: dyt,
        options: { ...dyt.defaults, bottleneck: 2, dispatch },
      }),
    }
    for (const activeRate of [0.1, 0.5, 0.9]) {
      const share = modelCost({ ...model, activeRate }).flops.total / bare
      expect(rateForShare(model.network, share)).toBeCloseTo(activeRate, 5)
    }
  })

  it('refuses shares that no rate gives', () => {
    const model = { network: network({ ...modelOf(tiny), tuner: dyt }) }
    for (const share of [0.01, 9])
      expect(() => rateForShare(model.network, share)).toThrow(/^cost: share .* can take /)
  })
})
