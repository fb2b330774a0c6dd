import { random } from '@dynamic-tuning/engine'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../errors.ts'
import { modelOf } from '../models/model.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { dyt } from '../tuners/dyt.ts'
import { Classifier, type ClassifierSettings } from './classifier.ts'
import { withLogits } from './with-logits.test.support.ts'

const pixels = 3 * tiny.imageSize[0] * tiny.imageSize[1]
const images = Float32Array.from({ length: 3 * pixels }, random(8, 'images').normal)

const create = (given: Partial<typeof dyt.defaults> = {}, settings: Partial<ClassifierSettings> = {}) =>
  Classifier.create({
    network: network({ ...modelOf(tiny), tuner: dyt, options: { ...dyt.defaults, bottleneck: 2, ...given } }),
    store: new WeightStore({ seed: 3 }),
    compile: { threads: 1 },
    ...settings,
  })

describe('thresholds of a classifier', () => {
  let classifier: Classifier
  beforeAll(async () => {
    classifier = await create({}, { pass: 'masked', probabilities: true })
  })
  afterAll(() => classifier.release())
  const masksAt = async (thresholds?: number | readonly number[]): Promise<number[]> =>
    Array.from((await classifier.classify(images, undefined, { thresholds })).masks ?? [])

  it('are the smallest probabilities of an active token, one for all gates or one for each', async () => {
    const { probabilities = new Float32Array(), masks } = await classifier.classify(images)
    const open = (limits: readonly number[]) =>
      Array.from(probabilities, (value, i) => Number(value > (limits[Math.floor(i / 6) % 2] ?? 0)))
    const middle = Float32Array.from(probabilities).sort()[18] as number
    expect(Array.from(masks ?? [])).toEqual(open([0.5, 0.5]))
    expect(await masksAt(middle + 1e-6)).toEqual(open([middle + 1e-6, middle + 1e-6]))
    expect(await masksAt([0, middle + 1e-6])).toEqual(open([0, middle + 1e-6]))
    expect(await masksAt(1)).toEqual(new Array(36).fill(0))
    expect(await masksAt(0)).toEqual(new Array(36).fill(1))
  })

  it.each([[-0.01], [1.01], [Number.NaN], [[0.5]], [[0.5, 0.5, 0.5]], [[0.5, 2]]])(
    'refuse %j',
    async (given) => {
      await expect(masksAt(given)).rejects.toThrow(ConfigError)
      await expect(masksAt(given)).rejects.toThrow(
        /for 2 gates\. Give one probability from 0 to 1, or 2 of them/,
      )
    },
  )
})

describe('a classifier', () => {
  it('has fixed thresholds in its graph, and opens every gate in the complete pass', async () => {
    const limits = [0.3, 0.6]
    const given = await create({}, { thresholds: limits, probabilities: true })
    const fixed = await create({}, { thresholds: limits, fixedThresholds: true })
    const complete = await create({}, { pass: 'complete' })
    const { outputs, masks, probabilities = new Float32Array() } = await given.classify(images)
    const open = Array.from(probabilities, (value, i) =>
      Number(value > (limits[Math.floor(i / 6) % 2] as number)),
    )
    expect(open).toContain(0)
    expect(open).toContain(1)
    expect(Array.from(masks ?? [])).toEqual(open)
    const stored = await fixed.classify(images, undefined, { thresholds: 1 })
    expect(stored.masks).toEqual(masks)
    expect(stored.outputs).toEqual(outputs)
    const whole = await complete.classify(images)
    expect(whole.masks).toBeUndefined()
    const all = withLogits(await given.classify(images, undefined, { thresholds: 0 })).logits
    expect(Array.from(all)).toEqual(Array.from(withLogits(whole).logits, (value) => expect.closeTo(value, 6)))
    await Promise.all([given, fixed, complete].map((each) => each.release()))
  })

  it('gives probabilities only where they were asked for', async () => {
    const classifier = await create()
    const { masks, probabilities } = await classifier.classify(images)
    await classifier.release()
    expect([masks?.length, probabilities]).toEqual([36, undefined])
  })

  it('draws random decisions by seed and index of an image, in any batches', async () => {
    const [one, other] = [
      await create({ dispatchStrategy: 'random' }),
      await create({ dispatchStrategy: 'random' }, { seed: 1 }),
    ]
    const { masks: whole = new Float32Array() } = await one.classify(images)
    const active = whole.reduce((a, b) => a + b, 0)
    expect(active).toBeGreaterThan(6)
    expect(active).toBeLessThan(30)
    const { masks: last } = await one.classify(images.subarray(pixels), undefined, { first: 1 })
    expect(last).toEqual(whole.slice(12))
    expect((await other.classify(images)).masks).not.toEqual(whole)
    await Promise.all([one.release(), other.release()])
  })
})
