import { describe, expect, it } from 'vitest'
import { modelCost } from '../../cost/model-cost.ts'
import { modelOf } from '../../models/model.ts'
import { network } from '../../network/network.ts'
import { tunerNamed } from '../../tuners/registry.ts'
import { tinyVit } from '../tiny-run.test.support.ts'
import type { TunedModel } from '../tuned-run.ts'
import { searchLayers } from './layer-search.ts'
import type { BudgetPoint, Measurer } from './point.ts'

const config = { ...tinyVit, depth: 3 }
const tuner = tunerNamed('dyt')
const model = { network: network({ ...modelOf(config), tuner }) } as unknown as TunedModel
const table = Array.from({ length: 97 }, (_, i) => i / 96)

/** Three gates of equal cost; closing a share of gate g adds `prices[g]` times its square to the loss. */
function measurerOf(prices: readonly number[]): Measurer {
  let evaluations = 0
  return {
    get evaluations() {
      return evaluations
    },
    async measure(thresholds) {
      evaluations++
      const loss = thresholds.reduce((sum, t, gate) => sum + (prices[gate] as number) * t * t, 1)
      const activeRate = 1 - thresholds.reduce((sum, t) => sum + t, 0) / 3
      const gates = thresholds.map((t) => ({ rate: 1 - t }))
      const flops = modelCost({ network: network({ ...modelOf(config), tuner }), gates }).flops.total
      const point = { thresholds, loss, activeRate, share: flops / 1e6, flops, accuracy: 0.5 }
      return { ...point, activeRatePerLayer: [], imagesPerSecond: 1 }
    },
  }
}

async function search(prices: readonly number[], evaluations: number) {
  const measurer = measurerOf(prices)
  const global: BudgetPoint[] = []
  for (const t of [0, 0.25, 0.5, 0.75, 1]) global.push(await measurer.measure([t, t, t]))
  const before = measurer.evaluations
  const probabilities = { pooled: table, gates: [table, table, table] }
  const path = await searchLayers({ model, measurer, probabilities, global, evaluations, steps: 12 })
  return { path, global, used: measurer.evaluations - before }
}

describe('searchLayers', () => {
  it('closes the gate that matters least first, and beats one threshold at equal cost', async () => {
    const { path, global } = await search([1, 10, 0.1], 1000)
    expect(path[0]?.thresholds).toEqual([0, 0, 0])
    for (const t of path.at(-1)?.thresholds ?? []) expect(t).toBeCloseTo(1, 6)
    for (let i = 1; i < path.length; i++) {
      expect(path[i]?.flops).toBeLessThan((path[i - 1] as BudgetPoint).flops)
      for (const gate of [0, 1, 2])
        expect(path[i]?.thresholds[gate]).toBeGreaterThanOrEqual(path[i - 1]?.thresholds[gate] as number)
    }
    const even = global[2] as BudgetPoint
    const half = path.find(({ flops }) => flops <= even.flops * (1 + 1e-9)) as BudgetPoint
    expect(half.flops).toBeCloseTo(even.flops, 3)
    expect(half.thresholds[2]).toBeGreaterThan(half.thresholds[0] as number)
    expect(half.thresholds[0]).toBeGreaterThan(half.thresholds[1] as number)
    expect(half.loss).toBeLessThan(0.5 * even.loss)
  })

  it('stops at its bound', async () => {
    const { path, used } = await search([1, 1, 1], 7)
    expect(used).toBe(7)
    expect(path.length).toBeGreaterThan(1)
    expect(path.length).toBeLessThan(7)
  })

  it('stays where everything closed is best', async () => {
    const { path, used } = await search([-1, -1, -1], 100)
    expect([path.length, used]).toEqual([1, 0])
  })
})
