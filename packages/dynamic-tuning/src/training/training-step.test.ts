import { describe, expect, it } from 'vitest'
import { modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { patchCount } from '../models/vit/vit-config.ts'
import { network } from '../network/network.ts'
import { farthest, noise, randomValues } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { classificationLoss, classTargets } from '../tasks/classification/loss.ts'
import { logitsOf } from '../tasks/logits.ts'
import { dyt } from '../tuners/dyt.ts'
import { tune } from '../tuners/tune.ts'
import type { Tuner, TunerOptions } from '../tuners/tuner.ts'
import type { PassResult } from './learner.ts'
import { type LossSettings, paperLoss } from './loss-graph.ts'
import { gumbelNoise } from './noise.ts'
import { AdamW } from './optimizers/adamw.ts'
import type { StepBatch } from './step-feeds.ts'
import { TrainingStep } from './training-step.ts'

const config = { ...tiny, embedDim: 16 }
const small = { bottleneck: 4, adapterScale: 1, adapterDropout: 0 }
const options: TunerOptions = { ...dyt.defaults, ...small, rate: 0.3 }
const tuned = randomValues(modelShapes(modelOf(config), tune(dyt, options, { kind: 'masked' }).hooks), 1)
const labels = BigInt64Array.of(0n, 1n, 2n, 0n, 1n, 2n, 1n, 0n)

function batchOf(size: number): StepBatch {
  const images = noise(size * 3 * config.imageSize[0] * config.imageSize[1], 2)
  return { images, targets: classTargets(labels.slice(0, size), { classes: config.numClasses }), size }
}

interface Change {
  readonly tuner?: Tuner
  readonly options?: TunerOptions
  readonly loss?: LossSettings
  readonly microBatch?: number
  readonly seed?: number
  readonly temperatureAt?: (step: number) => number
  readonly values?: typeof tuned
}

function createStep(change: Change = {}): Promise<TrainingStep> {
  const { tuner = dyt, values = tuned, options: chosen = options, ...rest } = change
  const store = new WeightStore({
    tensors: values,
    trainable: network({ ...modelOf(config), tuner, options: chosen }).tunable,
    seed: 3,
  })
  const settings = {
    network: network({ ...modelOf(config), tuner, options: chosen }),
    taskLoss: classificationLoss,
    loss: paperLoss,
    store,
    seed: 5,
    microBatch: 8,
    ...rest,
  }
  return TrainingStep.create({ ...settings, compile: { threads: 1 } })
}

async function oneStep(change: Change, size = 6, at = 0): Promise<PassResult> {
  const step = await createStep(change)
  const result = await step.run(batchOf(size), at)
  await step.release()
  return result
}

const scale = (values: Float32Array): number => Math.max(1e-6, ...values.map(Math.abs))

describe('TrainingStep in micro-batches', () => {
  it.each([1, 2, 4, 5])('of %i: every term and gradient is that of the whole batch', async (microBatch) => {
    // Large enough for the rate term to weigh as much as the others.
    const loss = { ...paperLoss, rateWeight: 20 }
    const whole = await oneStep({ loss })
    const cut = await oneStep({ loss, microBatch })
    for (const name of ['loss', 'ceDynamic', 'ceComplete', 'kl', 'rateLoss'])
      expect(cut.scalars[name]).toBeCloseTo(whole.scalars[name] as number, 5)
    expect(Object.keys(cut.scalars)).toEqual(Object.keys(whole.scalars))
    expect(farthest(logitsOf(cut.outputs).values, logitsOf(whole.outputs).values)).toBeLessThan(1e-5)
    expect(cut.gates?.masks).toEqual(whole.gates?.masks)
    expect(farthest(cut.activeRatePerGate, whole.activeRatePerGate)).toBeLessThan(1e-6)
    expect([...cut.gradients.keys()]).toEqual([...whole.gradients.keys()])
    for (const [name, gradient] of whole.gradients)
      expect(farthest(cut.gradients.get(name) as Float32Array, gradient)).toBeLessThan(
        1e-5 * Math.max(1, scale(gradient)),
      )
  })

  it.each([6, 4, 1])('of %i: the rate term is the square of one mean over the batch', async (microBatch) => {
    const { scalars, gates } = await oneStep({ microBatch })
    const masks = gates?.masks ?? new Float32Array()
    expect(masks).toHaveLength(6 * config.depth * patchCount(config))
    const rateOf = (part: Float32Array): number => part.reduce((a, b) => a + b, 0) / part.length
    expect(scalars.rateLoss).toBeCloseTo(2 * (rateOf(masks) - options.rate) ** 2, 6)
    const perImage = Array.from({ length: 6 }, (_, i) =>
      rateOf(masks.subarray((i * masks.length) / 6, ((i + 1) * masks.length) / 6)),
    )
    const squares = perImage.map((rate) => 2 * (rate - options.rate) ** 2)
    expect(scalars.rateLoss).not.toBeCloseTo(squares.reduce((a, b) => a + b, 0) / 6, 3)
  })

  it('of images alone: the rate term pulls the batch to the rate, and no image by itself', async () => {
    const { gates } = await oneStep({})
    const masks = gates?.masks ?? new Float32Array()
    const rate = masks.reduce((a, b) => a + b, 0) / masks.length
    const loss = { rateWeight: 20, complete: false, distillation: false }
    const at = (wanted: number) =>
      oneStep({ microBatch: 1, loss, options: { ...options, rate: wanted } }).then(({ gradients }) =>
        scale(gradients.get('blocks.1.mlp_token_select.mlp_head.bias') ?? new Float32Array()),
      )
    expect(await at(rate)).toBeLessThan(1e-5)
    expect(await at(rate - 0.1)).toBeGreaterThan(1e-3)
  })

  it('given noise is cut like drawn noise', async () => {
    const given = gumbelNoise({ seed: 5, step: 9, first: 0 }, [config.depth, 6, patchCount(config)])
    for (const microBatch of [6, 4]) {
      const step = await createStep({ microBatch })
      const drawn = await step.run(batchOf(6), 9)
      const handed = await step.run(batchOf(6), 0, given)
      expect(handed.gates).toEqual(drawn.gates)
      expect(handed.scalars).toEqual(drawn.scalars)
      await step.release()
    }
  })
})

describe('the objective', () => {
  it('adds up the terms that are switched on', async () => {
    const terms = (loss: Partial<LossSettings>) => oneStep({ loss: { ...paperLoss, ...loss } })
    const all = await terms({})
    const { ceDynamic = 0, ceComplete = 0, kl = 0, rateLoss = 0, loss } = all.scalars
    expect(Math.min(ceDynamic, ceComplete, kl, rateLoss)).toBeGreaterThan(0)
    expect(loss).toBeCloseTo(ceDynamic + ceComplete + kl + rateLoss, 5)
    expect((await terms({ distillation: false })).scalars.loss).toBeCloseTo(
      ceDynamic + ceComplete + rateLoss,
      5,
    )
    expect((await terms({ complete: false })).scalars.loss).toBeCloseTo(ceDynamic + kl + rateLoss, 5)
    const plain = await terms({ complete: false, distillation: false })
    expect(plain.scalars).toEqual({
      ceDynamic: expect.closeTo(ceDynamic, 5),
      rateLoss: expect.closeTo(rateLoss, 6),
      loss: expect.closeTo(ceDynamic + rateLoss, 5),
    })
    expect((await terms({ rateWeight: 7 })).scalars.rateLoss).toBeCloseTo(3.5 * rateLoss, 5)
  })

  it('the rate term alone teaches dispatchers, and pulls towards the rate', async () => {
    const step = await createStep({ loss: { rateWeight: 100, complete: false, distillation: false } })
    const optimizer = new AdamW(step.weights)
    const rates: number[] = []
    for (let at = 0; at < 150; at++) {
      const result = await step.run(batchOf(8), at)
      optimizer.update(result.gradients, 1e-2)
      rates.push(result.activeRatePerGate.reduce((a, b) => a + b, 0) / config.depth)
    }
    await step.release()
    const mean = (part: number[]): number => part.reduce((a, b) => a + b, 0) / part.length
    expect(mean(rates.slice(0, 10))).toBeGreaterThan(0.4)
    expect(Math.abs(mean(rates.slice(-50)) - options.rate)).toBeLessThan(0.06)
  })

  it('a scheduled temperature is that of the step', async () => {
    const scheduled = { ...options, finalTemperature: 0.1 }
    for (const tau of [5, 0.3]) {
      const step = await createStep({ options: scheduled, temperatureAt: (at) => (at === 2 ? tau : 7) })
      const [moving, fixed] = [
        await step.run(batchOf(4), 2),
        await oneStep({ options: { ...options, temperature: tau } }, 4, 2),
      ]
      await step.release()
      expect(farthest(moving.gates?.soft as Float32Array, fixed.gates?.soft as Float32Array)).toBeLessThan(
        1e-6,
      )
      for (const [name, gradient] of fixed.gradients)
        expect(farthest(moving.gradients.get(name) as Float32Array, gradient)).toBeLessThan(
          1e-5 * scale(gradient) + 1e-7,
        )
    }
  })

  it('adapter dropout changes the training pass, by the seed', async () => {
    const dropped = { ...options, adapterDropout: 0.5 }
    const [without, one, again, other] = await Promise.all([
      oneStep({}),
      oneStep({ options: dropped }),
      oneStep({ options: dropped }),
      oneStep({ options: dropped, seed: 6 }),
    ])
    expect(farthest(logitsOf(one.outputs).values, logitsOf(without.outputs).values)).toBeGreaterThan(1e-2)
    expect(one.outputs).toEqual(again.outputs)
    expect(other.outputs).not.toEqual(one.outputs)
  })

  it('adapter dropout changes the complete pass too, by draws of its own', async () => {
    // With all gates open both passes are the same model: what differs are the draws.
    const open = new Map(
      [...tuned].map(([name, value]) =>
        name.endsWith('token_select.mlp_head.bias')
          ? ([name, { ...value, data: Float32Array.of(100) }] as const)
          : ([name, value] as const),
      ),
    )
    const [without, dropped] = await Promise.all([
      oneStep({ values: open }),
      oneStep({ values: open, options: { ...options, adapterDropout: 0.5 } }),
    ])
    expect(without.activeRatePerGate).toEqual([1, 1])
    expect(without.scalars.kl).toBeLessThan(1e-5)
    expect(without.scalars.ceComplete).toBeCloseTo(without.scalars.ceDynamic ?? 0, 5)
    const { ceDynamic = 0, ceComplete = 0, kl = 0 } = dropped.scalars
    for (const term of [ceDynamic, ceComplete])
      expect(Math.abs(term - (without.scalars.ceDynamic ?? 0))).toBeGreaterThan(1e-3)
    expect(Math.abs(ceDynamic - ceComplete)).toBeGreaterThan(1e-3)
    expect(kl).toBeGreaterThan(1e-4)
  })
})
