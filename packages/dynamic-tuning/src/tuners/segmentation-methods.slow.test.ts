import { sizeOf, type TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import type { LabelMap } from '../data/label-map.ts'
import { ConfigError } from '../errors.ts'
import { Classifier, type Prediction } from '../evaluation/classifier.ts'
import { modelShapes } from '../models/build-model.ts'
import { withVariances } from '../models/heads/segmentation/plain-upernet.test.support.ts'
import type { SegmentationHeadName } from '../models/heads/segmentation/settings.ts'
import { withSegmentation } from '../models/heads/segmentation/with-segmentation.ts'
import { modelOf } from '../models/model.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { checkNetwork } from '../network/check-network.ts'
import type { TunedWeights } from '../network/merge.ts'
import { canMerge, mergeTuned } from '../network/merge.ts'
import { type Network, network } from '../network/network.ts'
import { weightShapes } from '../network/weight-shapes.ts'
import { farthest, noise, randomValues } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { reductionOptions } from '../reduction/options.ts'
import { labelTargets, segmentationLoss } from '../tasks/segmentation/loss.ts'
import { paperLoss } from '../training/loss-graph.ts'
import { AdamW } from '../training/optimizers/adamw.ts'
import { TrainingStep } from '../training/training-step.ts'
import { dyt } from './dyt.ts'
import { tunerNamed, tuners } from './registry.ts'
import type { Tensors, Tuner, TunerOptions } from './tuner.ts'

const heads = ['linear', 'upernet'] as const
const [size, height, width] = [2, 16, 24]
const images = noise(size * 3 * height * width, 2)
const labels = Uint16Array.from({ length: height * width }, (_, i) => Number(i % width < width / 2))
const sizes = { bottleneck: 3, rank: 2, adapterDropout: 0, loraAlpha: 4, promptLength: 3 }

const configOf = (head: SegmentationHeadName): VitModelConfig => {
  const vit = { ...tiny, imageSize: [height, width] as const, numClasses: 2 }
  return withSegmentation(vit, { head, channels: 4, auxiliaryChannels: 3, dropout: 0 })
}

function optionsOf(tuner: Tuner): TunerOptions {
  const used = Object.entries(sizes).filter(([name]) => (tuner.uses as readonly string[]).includes(name))
  return { ...tuner.defaults, ...Object.fromEntries(used) }
}

const networkOf = (head: SegmentationHeadName, tuner?: Tuner, options?: TunerOptions): Network =>
  network({ ...modelOf(configOf(head)), ...(tuner && { tuner }), ...(options && { options }) })

async function predict(
  { network, tensors }: TunedWeights,
  pass: 'skip' | 'masked' | 'complete' = 'skip',
): Promise<Prediction & { readonly logits: Float32Array }> {
  const store = new WeightStore({ tensors, seed: 3 })
  const classifier = await Classifier.create({ network, store, pass, seed: 4, compile: { threads: 1 } })
  const predicted = await classifier.classify(images)
  await classifier.release()
  return { ...predicted, logits: predicted.outputs.logits?.data ?? new Float32Array() }
}

/** Random weights for every part of a network. */
function randomTuned(tuned: Network, seed = 7): TunedWeights {
  return { network: tuned, tensors: withVariances(randomValues(weightShapes(tuned), seed)) }
}

const baseOf = (head: SegmentationHeadName): Tensors =>
  withVariances(randomValues(modelShapes(modelOf(configOf(head))), 1))

const zeroed = ({ shape }: TensorData): TensorData => ({
  dtype: 'float32',
  shape,
  data: new Float32Array(sizeOf(shape)),
})

const limitOf = (logits: Float32Array): number => 2e-5 * Math.max(1, ...logits.map(Math.abs))

/** One step of training with AdamW: what moved, and the losses. */
async function stepOf(tuned: Network, tensors: Tensors) {
  const store = new WeightStore({ tensors, trainable: tuned.tunable, seed: 3 })
  const losses = { taskLoss: segmentationLoss, loss: paperLoss }
  const common = { network: tuned, store, ...losses, seed: 5, microBatch: size, compile: { threads: 1 } }
  const step = await TrainingStep.create(common)
  const before = new Map([...step.weights].map(([name, { data }]) => [name, data.slice()]))
  const buffers = new Map([...step.buffers].map(([name, { data }]) => [name, data.slice()]))
  const optimizer = new AdamW(step.weights, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 })
  const maps: LabelMap[] = new Array(size).fill({ width, height, data: labels })
  const { gradients, scalars } = await step.run({ images, targets: labelTargets(maps), size }, 0)
  optimizer.update(gradients, 1e-2)
  await step.release()
  return { step, before, buffers, gradients, loss: scalars.loss }
}

/** What every method trains with UPerNet on a ViT, by the beginnings of names: `blocks` have the tables. */
const ofUperNet = ['auxiliary_head', 'blocks', 'decode_head', 'fpn1', 'fpn2']

async function movesWhatItTrains({ network: tuned, tensors }: TunedWeights): Promise<void> {
  const { step, before, buffers, gradients, loss } = await stepOf(tuned, tensors)
  expect(Number.isFinite(loss)).toBe(true)
  const names = [...weightShapes(tuned).keys()].filter((name) => !buffers.has(name))
  const trained = names.filter((name) => tuned.tunable.some((pattern) => pattern.test(name)))
  expect([...gradients.keys()].sort()).toEqual(trained.toSorted())
  expect([...step.weights.keys()].sort()).toEqual(trained.toSorted())
  const own = trained.filter((name) => /^(?:\w+_head|fpn\d)\.|position_bias_table$/.test(name))
  expect([...new Set(own.map((name) => name.split('.')[0]))].sort()).toEqual(
    tuned.config.family === undefined && tuned.config.relativePositionBias ? ofUperNet : ['decode_head'],
  )
  const wrong = [...gradients].filter(([, data]) => !data.every(Number.isFinite)).map(([name]) => name)
  expect(wrong).toEqual([])
  const moves = ([name, { data }]: [string, { data: Float32Array }]) =>
    data.some((value, i) => value !== before.get(name)?.[i])
  const still = [...step.weights].filter((each) => !moves(each)).map(([name]) => name)
  // A closed ReLU or gate may leave a weight without a gradient, not many.
  expect(still.length).toBeLessThan(trained.length / 4)
  for (const [name, { data }] of step.buffers) expect([name, data]).not.toEqual([name, buffers.get(name)])
}

describe.each(heads)('methods with the head %s', (head) => {
  it.each(tuners.map((tuner) => [tuner.name, tuner] as const))(
    '%s: start, training, merging, skipping',
    async (_name, tuner) => {
      const options = optionsOf(tuner)
      const tuned = networkOf(head, tuner, options)
      expect(() => checkNetwork('test', tuned)).not.toThrow()
      const base = baseOf(head)
      const fresh = await predict({ network: tuned, tensors: base }, 'complete')
      const plain = await predict({ network: networkOf(head), tensors: base }, 'complete')
      expect(fresh.outputs.logits?.shape).toEqual(head === 'linear' ? [size, 2, 4, 6] : [size, 2, 16, 24])
      if (tuner.startsAsBase) expect(farthest(fresh.logits, plain.logits)).toBeLessThan(limitOf(plain.logits))
      else expect(farthest(fresh.logits, plain.logits)).toBeGreaterThan(1e-3)
      const random = randomTuned(tuned)
      await movesWhatItTrains(random)
      if (canMerge(tuner)) {
        const wanted = (await predict(random)).logits
        expect(farthest((await predict(mergeTuned(random))).logits, wanted)).toBeLessThan(limitOf(wanted))
      }
      const dispatched = networkOf(head, tuner, { ...options, dispatch: 'mlp', rate: 0.5 })
      await skipsAsItMasks(randomTuned(dispatched))
    },
    60_000,
  )

  it.each([
    ['attention', { dispatch: 'attention' }],
    ['attention and MLP', { dispatch: 'attention-mlp' }],
    ['whole layers', { dispatch: 'layer' }],
    ['sample level', { dispatch: 'layer', dispatchLevel: 'sample' }],
    ['random', { dispatchStrategy: 'random' }],
    ['some layers', { dispatchLayers: [1] }],
    ['experts', { experts: 4 }],
    ['a temperature that changes', { finalTemperature: 1 }],
  ] as const)('dyt, %s: trains, and skips as it masks', async (_name, change) => {
    const options = { ...optionsOf(dyt), ...change }
    const random = randomTuned(networkOf(head, dyt, options), 9)
    await movesWhatItTrains(random)
    await skipsAsItMasks(random)
  })

  it.each(['vpt-shallow', 'vpt-deep'] as const)(
    'the map has the patches without the prompts of %s',
    async (name) => {
      const tuner = tunerNamed(name)
      const { network: tuned, tensors } = randomTuned(networkOf(head, tuner, optionsOf(tuner)))
      // Without attention no token knows of another one: what a prompt changes then has leaked.
      const alone = new Map(
        [...tensors].map(([at, value]) => [at, /attn\.proj/.test(at) ? zeroed(value) : value]),
      )
      const plain = await predict({ network: networkOf(head), tensors: alone }, 'complete')
      expect(farthest((await predict({ network: tuned, tensors: alone })).logits, plain.logits)).toBe(0)
      const mixed = await predict({ network: tuned, tensors })
      const without = await predict({ network: networkOf(head), tensors }, 'complete')
      expect(farthest(mixed.logits, without.logits)).toBeGreaterThan(1e-3)
    },
  )

  it.each(['tome', 'evit', 'dynamicvit'] as const)('%s is refused: every patch is labelled', (reduction) => {
    const reduced = network({ ...modelOf(configOf(head)), reduction: reductionOptions({ reduction }) })
    expect(() => checkNetwork('test', reduced)).toThrow(ConfigError)
    expect(() => checkNetwork('test', reduced)).toThrow(
      new RegExp(`test: ${reduction} needs .*this one labels every patch. Use reduction none`),
    )
  })
})

/** Skipping gives the logits of the masked pass on the same gates, which the complete pass does not give. */
async function skipsAsItMasks(tuned: TunedWeights): Promise<void> {
  const [skipped, masked] = [await predict(tuned), await predict(tuned, 'masked')]
  const masks = skipped.masks ?? new Float32Array()
  expect(masks).toEqual(masked.masks)
  const open = masks.reduce((a, b) => a + b, 0) / masks.length
  expect(open).toBeGreaterThan(0)
  expect(open).toBeLessThan(1)
  const limit = 10 * limitOf(masked.logits)
  expect(farthest(skipped.logits, masked.logits)).toBeLessThan(limit)
  const complete = await predict(tuned, 'complete')
  expect(farthest(skipped.logits, complete.logits)).toBeGreaterThan(limit)
}
