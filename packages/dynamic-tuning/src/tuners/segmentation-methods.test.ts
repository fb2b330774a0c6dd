import type { TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { ignoredLabel } from '../data/label-map.ts'
import { ConfigError } from '../errors.ts'
import { Classifier } from '../evaluation/classifier.ts'
import { modelShapes } from '../models/build-model.ts'
import { segmentationHeads } from '../models/heads/segmentation/settings.ts'
import { withSegmentation } from '../models/heads/segmentation/with-segmentation.ts'
import { modelOf } from '../models/model.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { checkNetwork } from '../network/check-network.ts'
import { canMerge, mergeTuned, type TunedWeights } from '../network/merge.ts'
import { network } from '../network/network.ts'
import { farthest, noise, randomValues } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { reductionOptions } from '../reduction/options.ts'
import { reductions } from '../reduction/registry.ts'
import { labelTargets, segmentationLoss } from '../tasks/segmentation/loss.ts'
import { paperLoss } from '../training/loss-graph.ts'
import { AdamW } from '../training/optimizers/adamw.ts'
import { TrainingStep } from '../training/training-step.ts'
import { tunerNamed, tuners } from './registry.ts'
import { tune } from './tune.ts'
import type { TunerOptions } from './tuner.ts'

const vit: VitModelConfig = { ...tiny, imageSize: [8, 16], embedDim: 16 }
const configs = Object.fromEntries(
  segmentationHeads.map((head) => [head, withSegmentation(vit, { head, channels: 4, auxiliaryChannels: 3 })]),
) as Readonly<Record<(typeof segmentationHeads)[number], VitModelConfig>>
const size = 2
const images = noise(size * 3 * 8 * 16, 2)
const sizes = { bottleneck: 3, rank: 2, loraAlpha: 3, promptLength: 2, adapterScale: 0.7 }
const subnet = { visualPromptDim: [1, 2], loraDim: [2], adapterDim: [2, 1] }

type HeadName = keyof typeof configs

function networkOf(method: string, head: HeadName, more: Partial<TunerOptions> = {}) {
  const tuner = tunerNamed(method)
  const { defaults, uses } = tuner
  const used = Object.entries({ ...sizes, ...subnet }).filter(([key]) => uses.includes(key as never))
  const options = { ...defaults, ...Object.fromEntries(used), adapterDropout: 0, ...more }
  return network({ ...modelOf(configs[head]), tuner, options })
}

/** Random weights; variances are positive. */
function valuesOf(shapes: ReadonlyMap<string, readonly number[]>, seed: number): Map<string, TensorData> {
  const values = randomValues(shapes, seed, 0.3)
  for (const [name, { data }] of values)
    if (name.endsWith('running_var'))
      for (let i = 0; i < data.length; i++) data[i] = 0.5 + Math.abs(Number(data[i]))
  return values
}

function randomTuned(method: string, head: HeadName, more: Partial<TunerOptions> = {}): TunedWeights {
  const made = networkOf(method, head, more)
  const kind = made.options.dispatchStrategy === 'random' ? 'complete' : 'masked'
  const { hooks } = tune(made.tuner, made.options, { kind })
  return { network: made, tensors: valuesOf(modelShapes(made, hooks), 9) }
}

async function logitsOf(
  { network: made, tensors }: TunedWeights,
  pass: 'skip' | 'masked' | 'complete' = 'skip',
): Promise<Float32Array> {
  const store = new WeightStore({ tensors, seed: 3 })
  const classifier = await Classifier.create({ network: made, store, pass, seed: 4, compile: { threads: 1 } })
  const { logits } = (await classifier.classify(images)).outputs
  await classifier.release()
  expect(logits?.shape.slice(0, 2)).toEqual([size, 3])
  return logits?.data as Float32Array
}

/** One training step on random labels; some pixels are ignored. */
async function trained({ network: made, tensors }: TunedWeights) {
  const store = new WeightStore({ tensors, trainable: made.tunable, seed: 3 })
  const common = { network: made, store, taskLoss: segmentationLoss, loss: paperLoss, seed: 5 }
  const step = await TrainingStep.create({ ...common, microBatch: size, compile: { threads: 1 } })
  const start = new Map([...step.weights].map(([name, { data }]) => [name, data.slice()]))
  const labels = [1, 2].map((image) => ({
    width: 16,
    height: 8,
    data: Uint16Array.from({ length: 16 * 8 }, (_, i) => [0, 1, 2, ignoredLabel][(i >> image) % 4] ?? 0),
  }))
  const { gradients, scalars } = await step.run({ images, targets: labelTargets(labels), size }, 0)
  const optimizer = new AdamW(step.weights, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 })
  optimizer.update(gradients, 1e-2)
  await step.release()
  return { start, weights: step.weights, gradients, loss: scalars.loss }
}

/** What every method trains, by the beginning of its names: the head, and tables in each layer. */
const trainedIn = {
  linear: ['decode_head'],
  upernet: ['blocks', 'fpn1', 'fpn2', 'decode_head', 'auxiliary_head'],
} as const

const everyCase = segmentationHeads.flatMap((head) => tuners.map(({ name }) => [name, head] as const))

function baseOf(head: HeadName) {
  const tensors = valuesOf(modelShapes(modelOf(configs[head])), 1)
  return { tensors, logits: logitsOf({ network: network(modelOf(configs[head])), tensors }, 'complete') }
}

describe('methods with heads that label pixels', () => {
  const bases = { linear: baseOf('linear'), upernet: baseOf('upernet') }

  it.each(everyCase)('%s, %s: start as the base model where promised', async (method, head) => {
    const made = networkOf(method, head)
    const { tensors, logits } = bases[head]
    const plain = await logits
    const fresh = await logitsOf({ network: made, tensors }, 'complete')
    const scale = Math.max(1, ...plain.map(Math.abs))
    if (made.tuner.startsAsBase) expect(farthest(fresh, plain)).toBeLessThan(2e-5 * scale)
    else expect(farthest(fresh, plain)).toBeGreaterThan(1e-3)
  })

  it.each(everyCase)('%s, %s: a step moves what is trained and nothing else', async (method, head) => {
    const tuned = randomTuned(method, head)
    const frozen = new Map([...tuned.tensors].map(([name, { data }]) => [name, data.slice()]))
    const { start, weights, gradients, loss } = await trained(tuned)
    const whole = new WeightStore({ trainable: [/./] })
    tuned.network.pass(whole, tuned.network.input(), { kind: 'train' })
    const wanted = [...whole.shapes.keys()].filter(
      (name) => !whole.buffers.has(name) && tuned.network.tunable.some((pattern) => pattern.test(name)),
    )
    expect([...gradients.keys()].sort()).toEqual(wanted.sort())
    expect(Number.isFinite(loss)).toBe(true)
    for (const [name, gradient] of gradients)
      expect([name, gradient.every(Number.isFinite)]).toEqual([name, true])
    const still = [...weights].filter(([name, { data }]) => farthest(data, start.get(name) ?? []) === 0)
    expect(still.length).toBeLessThan(wanted.length / 4)
    const own = [...gradients.keys()].filter((name) =>
      /^(?:\w+_head|fpn\d)\.|position_bias_table$/.test(name),
    )
    expect(new Set(own.map((name) => name.split('.')[0]))).toEqual(new Set(trainedIn[head]))
    for (const [name, { data }] of tuned.tensors) expect([name, data]).toEqual([name, frozen.get(name)])
  })

  const dispatched = [
    ...tuners.map(({ name }) => [name, { dispatch: 'mlp' }] as const),
    ...(['attention', 'attention-mlp', 'layer'] as const).map((dispatch) => ['dyt', { dispatch }] as const),
    ['dyt', { dispatch: 'mlp', dispatchLevel: 'sample' }] as const,
    ['dyt', { dispatch: 'mlp', dispatchStrategy: 'random' }] as const,
    ['dyt', { dispatch: 'mlp', dispatchLayers: [1] }] as const,
    ['dyt', { dispatch: 'mlp', experts: 4 }] as const,
  ] satisfies (readonly [string, Partial<TunerOptions>])[]
  const possible = dispatched.filter(([name, more]) => {
    const tuner = tunerNamed(name)
    return tuner.refuses({ ...tuner.defaults, ...more }) === undefined
  })
  it.each(possible.flatMap(([name, more]) => segmentationHeads.map((head) => [name, more, head] as const)))(
    '%s %j, %s: skipping is masked evaluation, of some tokens',
    async (method, more, head) => {
      const tuned = randomTuned(method, head, { rate: 0.5, ...more })
      const masked = await logitsOf(tuned, 'masked')
      const scale = Math.max(1, ...masked.map(Math.abs))
      expect(farthest(await logitsOf(tuned, 'skip'), masked)).toBeLessThan(5e-5 * scale)
      expect(farthest(await logitsOf(tuned, 'complete'), masked)).toBeGreaterThan(1e-3)
    },
  )

  const merging = everyCase.filter(([name]) => canMerge(tunerNamed(name)))
  it.each(merging)('%s, %s: merged, the same logits', async (method, head) => {
    const tuned = randomTuned(method, head)
    const wanted = await logitsOf(tuned)
    const scale = Math.max(1, ...wanted.map(Math.abs))
    expect(farthest(await logitsOf(mergeTuned(tuned)), wanted)).toBeLessThan(5e-5 * scale)
  })

  const prompted = segmentationHeads.flatMap((head) =>
    ['vpt-shallow', 'vpt-deep', 'noah'].map((name) => [name, head] as const),
  )
  it.each(prompted)('%s, %s: prompts are no pixels of the map', async (method, head) => {
    const { network: made, tensors } = randomTuned(method, head, { loraDim: [0], adapterDim: [0] })
    const plain = { network: network(modelOf(configs[head])), tensors }
    const effect = async (): Promise<number> =>
      farthest(await logitsOf({ network: made, tensors }), await logitsOf(plain))
    expect(await effect()).toBeGreaterThan(1e-3)
    // Without attention no patch reads them.
    for (const [name, { data }] of tensors)
      if (name.includes('attn.proj')) for (let i = 0; i < data.length; i++) data[i] = 0
    expect(await effect()).toBeLessThan(1e-5)
  })

  it.each(reductions.flatMap(({ name }) => segmentationHeads.map((head) => [name, head] as const)))(
    '%s, %s: fewer tokens than patches are refused',
    (reduction, head) => {
      const tuner = tunerNamed('linear')
      const given = reductionOptions({ reduction, ...(reduction === 'tome' && { tomeR: 1 }) })
      const made = network({ ...modelOf(configs[head]), tuner, reduction: given })
      const check = (): void => checkNetwork('finetune', made)
      expect(check).toThrow(ConfigError)
      expect(check).toThrow(/^finetune: \w+ needs .*this one labels every patch. Use reduction none\.$/)
    },
  )
})
