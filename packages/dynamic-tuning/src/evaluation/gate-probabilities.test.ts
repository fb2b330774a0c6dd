import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import type { Loader } from '../data/loader/loader.ts'
import { sampleOf } from '../data/samples/registry.ts'
import { ConfigError } from '../errors.ts'
import { modelOf } from '../models/model.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { dyt } from '../tuners/dyt.ts'
import { Classifier } from './classifier.ts'
import { gateProbabilities, rankOf, thresholdAt } from './gate-probabilities.ts'
import { randomModel } from './random-model.ts'

describe('gateProbabilities', () => {
  it('tells which share of decisions a threshold closes', async () => {
    const options = { ...dyt.defaults, bottleneck: 2 }
    const tensors = await randomModel({
      network: network({ ...modelOf(tiny), tuner: dyt, options }),
      active: 0.5,
      seed: 1,
      threads: 1,
    })
    const store = new WeightStore({ tensors })
    const classifier = await Classifier.create({
      network: network({ ...modelOf(tiny), tuner: dyt, options }),
      store,
      probabilities: true,
      compile: { threads: 1 },
    })
    const size = 40
    const pixels = 3 * tiny.imageSize[0] * tiny.imageSize[1]
    const images = Float32Array.from({ length: size * pixels }, random(1, 'pixels').normal)
    const loader: Pick<Loader, 'epoch' | 'sample'> = {
      sample: sampleOf({}),
      async *epoch() {
        yield { images, rows: size, size, truths: new Array(size).fill(0), indices: new Int32Array(size) }
      },
    }
    const { pooled, gates } = await gateProbabilities(classifier, loader)
    const { decisions } = classifier.gates
    const first = gates[0] as readonly number[]
    // What the first gate sees does not depend on thresholds: its masks must close
    // the share given by the table.
    for (const rank of [0.25, 0.5, 0.9]) {
      const threshold = thresholdAt(first, rank)
      const { masks = new Float32Array() } = await classifier.classify(images, undefined, {
        thresholds: threshold,
      })
      let closed = 0
      for (let image = 0; image < size; image++)
        for (let i = 0; i < decisions; i++) closed += 1 - (masks[image * 2 * decisions + i] as number)
      expect(closed / (size * decisions)).toBeCloseTo(rank, 1.7)
      expect(rankOf(first, threshold)).toBeCloseTo(rank, 6)
    }
    expect(pooled).toEqual([...pooled].sort((a, b) => a - b))
    expect(pooled[0]).toBe(Math.min(...gates.map((table) => table[0] as number)))
    await classifier.release()
  })

  it('refuses a classifier that gives no probabilities', async () => {
    const classifier = await Classifier.create({
      network: network({ ...modelOf(tiny), tuner: dyt, options: { ...dyt.defaults, bottleneck: 2 } }),
      store: new WeightStore({ seed: 3 }),
      compile: { threads: 1 },
    })
    const images = new Float32Array(3 * tiny.imageSize[0] * tiny.imageSize[1])
    const loader: Pick<Loader, 'epoch' | 'sample'> = {
      sample: sampleOf({}),
      async *epoch() {
        yield { images, rows: 1, size: 1, truths: [0], indices: new Int32Array(1) }
      },
    }
    await expect(gateProbabilities(classifier, loader)).rejects.toThrow(ConfigError)
    await classifier.release()
  })

  it('closes nothing at 0 and everything at 1, whatever the table holds', () => {
    const table = [0.2, 0.4, 0.4, 0.8]
    expect([thresholdAt(table, 0), thresholdAt(table, 1), thresholdAt(table, 0.5)]).toEqual([0, 1, 0.4])
    expect([rankOf(table, 0.1), rankOf(table, 0.9), rankOf(table, 0.8)]).toEqual([0, 1, 1])
    expect(rankOf(table, 0.3)).toBeCloseTo(1 / 6, 12)
    expect(rankOf(table, 0.6)).toBeCloseTo(2.5 / 3, 12)
  })
})
