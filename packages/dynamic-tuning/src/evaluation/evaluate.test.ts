import { random, type TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../data/loader/batch.ts'
import type { Loader } from '../data/loader/loader.ts'
import { sampleOf } from '../data/samples/registry.ts'
import { modelOf } from '../models/model.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { ClassTally } from '../tasks/classification/tally.ts'
import { dyt } from '../tuners/dyt.ts'
import { linearProbe } from '../tuners/linear.ts'
import { Classifier } from './classifier.ts'
import { usualRows } from './classify-batch.ts'
import { evaluate } from './evaluate.ts'
import { withLogits } from './with-logits.test.support.ts'

const pixels = 3 * tiny.imageSize[0] * tiny.imageSize[1]
const images = Float32Array.from({ length: 5 * pixels }, random(1, 'pixels').normal)
const labels = [0, 2, 1, 1, 0]
const options = { ...dyt.defaults, bottleneck: 2 }

function batchOf(first: number, size: number): Batch<number> {
  return {
    images: images.slice(first * pixels, (first + size) * pixels),
    truths: labels.slice(first, first + size),
    indices: Int32Array.from({ length: size }, (_, i) => first + i),
    rows: size,
    size,
  }
}

const loader: Pick<Loader<number>, 'epoch' | 'sample'> = {
  sample: sampleOf({}),
  async *epoch() {
    yield batchOf(0, 3)
    yield batchOf(3, 2)
  },
}

describe('evaluate', () => {
  it('gives the measures, loss and active shares that plain loops give', async () => {
    const store = new WeightStore({ seed: 3 })
    const classifier = await Classifier.create({
      network: network({ ...modelOf(tiny), tuner: dyt, options }),
      store,
    })
    const { logits, masks = new Float32Array() } = withLogits(await classifier.classify(images))
    const result = await evaluate(classifier, loader, new ClassTally(['a', 'b', 'c']))
    await classifier.release()
    let correct = 0
    let loss = 0
    const right = [0, 0, 0]
    for (const [i, label] of labels.entries()) {
      const row = Array.from(logits.subarray(3 * i, 3 * i + 3))
      const best = row.indexOf(Math.max(...row))
      if (best === label) {
        correct++
        right[label] = (right[label] ?? 0) + 1
      }
      loss -= Math.log(Math.exp(row[label] as number) / row.reduce((sum, x) => sum + Math.exp(x), 0)) / 5
    }
    expect(result.images).toBe(5)
    expect(result.measures.accuracy).toBe(correct / 5)
    expect(result.loss).toBeCloseTo(loss, 5)
    const shares = right.map((count, label) => count / ([2, 2, 1][label] as number))
    expect(result.measures.meanPerClassAccuracy).toBeCloseTo(shares.reduce((a, b) => a + b) / 3, 12)
    expect(result.perClass.map(({ images, measures }) => [images, measures.accuracy])).toEqual(
      shares.map((share, label) => [[2, 2, 1][label], share]),
    )
    const perLayer = [0, 1].map((layer) => {
      const ofLayer = Array.from(masks).filter((_, i) => Math.floor(i / 6) % 2 === layer)
      return ofLayer.reduce((a, b) => a + b, 0) / 30
    })
    for (const [layer, rate] of perLayer.entries()) {
      expect(result.activeRatePerLayer?.[layer]).toBeCloseTo(rate, 12)
      expect(result.gates[layer]).toMatchObject({ layer, part: 'mlp', rate: expect.closeTo(rate, 12) })
      const shares = Array.from({ length: 5 }, (_, i) => {
        const own = masks.subarray((2 * i + layer) * 6, (2 * i + layer + 1) * 6)
        return own.reduce((a, b) => a + b, 0) / 6
      })
      const square = shares.reduce((sum, share) => sum + share ** 2, 0) / 5
      expect(result.gates[layer]?.rms).toBeCloseTo(Math.sqrt(square), 12)
    }
    expect(result.activeRate).toBeCloseTo(((perLayer[0] as number) + (perLayer[1] as number)) / 2, 12)
  })
})

describe('evaluate, batch by batch', () => {
  it('tells the model which images it gets, the thresholds, and how long it takes', async () => {
    const classifier = await Classifier.create({
      network: network({ ...modelOf(tiny), tuner: dyt, options: { ...options, dispatchStrategy: 'random' } }),
      store: new WeightStore({ seed: 3 }),
    })
    const { masks = new Float32Array() } = withLogits(await classifier.classify(images))
    const start = performance.now()
    const result = await evaluate(classifier, loader, new ClassTally(['a', 'b', 'c']))
    const most = (performance.now() - start) / 1000
    expect(result.activeRate).toBeCloseTo(masks.reduce((a, b) => a + b, 0) / masks.length, 12)
    expect(result.seconds).toBeGreaterThan(0)
    expect(result.seconds).toBeLessThanOrEqual(most)
    await classifier.release()
    const learned = await Classifier.create({
      network: network({ ...modelOf(tiny), tuner: dyt, options }),
      store: new WeightStore({ seed: 3 }),
    })
    const rateAt = async (thresholds: number) =>
      (await evaluate(learned, loader, new ClassTally(['a', 'b', 'c']), { thresholds })).activeRate
    expect([await rateAt(0), await rateAt(1)]).toEqual([1, 0])
    await learned.release()
  })
})

describe('evaluate, without dispatch', () => {
  it('knows no gates, and counts the rows of a usual example by the size of the input', async () => {
    const classifier = await Classifier.create({
      network: network({ ...modelOf(tiny), tuner: linearProbe }),
      store: new WeightStore({ seed: 3 }),
    })
    const { activeRate, activeRatePerLayer, gates } = await evaluate(
      ...([classifier, loader, new ClassTally(['a', 'b', 'c'])] as const),
    )
    expect({ activeRate, activeRatePerLayer, gates }).toEqual({
      ...{ activeRate: undefined, activeRatePerLayer: undefined, gates: [] },
    })
    expect(usualRows(classifier, { usualRows: ({ width, height }) => 100 * width + height })).toBe(1208)
    await classifier.release()
  })
})

describe('Classifier', () => {
  it('takes trained weights as inputs, and leaves out those its pass does not use', async () => {
    const frozen = new WeightStore({ seed: 3 })
    const still = await Classifier.create({
      network: network({ ...modelOf(tiny), tuner: dyt, options }),
      store: frozen,
      pass: 'complete',
    })
    const expected = withLogits(await still.classify(images))
    const training = new WeightStore({
      seed: 3,
      trainable: network({ ...modelOf(tiny), tuner: dyt, options }).tunable,
    })
    const whole = await Classifier.create({
      network: network({ ...modelOf(tiny), tuner: dyt, options }),
      store: training,
    })
    const weights: ReadonlyMap<string, TensorData> = training.startValues()
    expect([...weights.keys()].some((name) => name.includes('mlp_token_select'))).toBe(true)
    const store = new WeightStore({ seed: 3, trainable: [/\.adaptmlp\./, /^head\./] })
    const open = await Classifier.create({
      network: network({ ...modelOf(tiny), tuner: dyt, options }),
      store,
      pass: 'complete',
    })
    const got = withLogits(await open.classify(images, weights))
    expect(got.masks).toBeUndefined()
    expect(Array.from(got.logits)).toEqual(Array.from(expected.logits))
    await Promise.all([still, whole, open].map((each) => each.release()))
  })
})
