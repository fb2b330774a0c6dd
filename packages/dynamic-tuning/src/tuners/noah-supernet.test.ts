import type { TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { Classifier } from '../evaluation/classifier.ts'
import { withLogits } from '../evaluation/with-logits.test.support.ts'
import { modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { network } from '../network/network.ts'
import { farthest, noise, randomValues } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { classificationLoss, classTargets } from '../tasks/classification/loss.ts'
import { logitsOf } from '../tasks/logits.ts'
import { paperLoss } from '../training/loss-graph.ts'
import { TrainingStep } from '../training/training-step.ts'
import { noah } from './noah.ts'
import { noahSupernet, type Subnet, subnetMasks, supernetOptions } from './noah-supernet.ts'
import { tune } from './tune.ts'
import type { Tuner, TunerOptions } from './tuner.ts'

const depth = 4
const superDim = 5
const plain: VitModelConfig = { ...tiny, embedDim: 16, depth }
const masked = noahSupernet(depth, superDim)
const options: TunerOptions = { ...noah.defaults, ...supernetOptions(superDim), adapterDropout: 0 }

const size = 4
const images = noise(size * 3 * plain.imageSize[0] * plain.imageSize[1], 2)
const targets = classTargets(BigInt64Array.of(0n, 1n, 2n, 0n), { classes: plain.numClasses })

const subnets: readonly Subnet[] = [
  { visualPromptDim: [5, 5, 5, 5], loraDim: [5, 5, 5, 5], adapterDim: [5, 5, 5, 5] },
  { visualPromptDim: [1], loraDim: [1], adapterDim: [1] },
  { visualPromptDim: [2, 5, 1], loraDim: [3, 1], adapterDim: [1, 4, 2, 5] },
  { visualPromptDim: [5, 1, 3, 2], loraDim: [1, 5, 2, 4], adapterDim: [3] },
]

/** `noah` itself with these sizes, on slices of the super-network's weights. */
function sliced(subnet: Subnet): TunerOptions {
  const padded = (sizes: readonly number[]) => Array.from({ length: depth }, (_, layer) => sizes[layer] ?? 0)
  const { visualPromptDim, loraDim, adapterDim } = subnet
  const sizes = { visualPromptDim: padded(visualPromptDim), loraDim: padded(loraDim) }
  return { ...options, ...sizes, adapterDim: padded(adapterDim) }
}

const weightsOf = (config: VitModelConfig): Map<string, TensorData<'float32'>> =>
  randomValues(modelShapes(modelOf(config), tune(noah, options, { kind: 'complete' }).hooks), 7)

function classifierOf(config: VitModelConfig, tuner: Tuner, chosen: TunerOptions): Promise<Classifier> {
  const store = new WeightStore({ tensors: weightsOf(config) })
  const settings = {
    network: network({ ...modelOf(config), tuner, options: chosen }),
    store,
    compile: { threads: 1 },
  }
  return Classifier.create({ ...settings, pass: 'complete' })
}

async function trainStep(tuner: Tuner, chosen: TunerOptions, subnet?: Subnet) {
  const store = new WeightStore({
    tensors: weightsOf(plain),
    trainable: network({ ...modelOf(plain), tuner, options: chosen }).tunable,
  })
  const common = {
    network: network({ ...modelOf(plain), tuner, options: chosen }),
    store,
    seed: 1,
    microBatch: 3,
    taskLoss: classificationLoss,
    loss: paperLoss,
  }
  const step = await TrainingStep.create({
    ...common,
    compile: { threads: 1 },
    ...(subnet && { extraFeeds: () => ({ subnet: subnetMasks(subnet, depth, superDim) }) }),
  })
  const result = await step.run({ images, targets, size }, 0)
  await step.release()
  return result
}

const largest = (values: Float32Array): number => Math.max(...values.map(Math.abs))

describe('the super-network of NOAH with masks', () => {
  it.each(subnets)(
    'has the loss and gradients of the sliced sub-network %j, and zero outside of it',
    async (subnet) => {
      const expected = await trainStep(noah, sliced(subnet))
      const got = await trainStep(masked, options, subnet)
      expect(farthest(logitsOf(got.outputs).values, logitsOf(expected.outputs).values)).toBeLessThan(1e-5)
      expect(got.scalars.loss).toBeCloseTo(expected.scalars.loss as number, 5)
      const outside = [...got.gradients.keys()].filter((name) => !expected.gradients.has(name))
      for (const name of outside) expect(largest(got.gradients.get(name) as Float32Array), name).toBe(0)
      for (const [name, gradient] of expected.gradients) {
        const other = got.gradients.get(name) as Float32Array
        expect(farthest(other, gradient), name).toBeLessThan(1e-5 * Math.max(1, largest(gradient)))
        expect(
          gradient.every((value, i) => value !== 0 || other[i] === 0),
          name,
        ).toBe(true)
      }
      const some = [...expected.gradients].filter(([, gradient]) => largest(gradient) > 1e-4)
      expect(some.length).toBeGreaterThan(3)
    },
  )

  it.each([
    { globalPool: 'token' },
    { globalPool: 'avg' },
    { globalPool: 'token+avg' },
    { globalPool: 'token+avg', regTokens: 2 },
  ] as const)('has its logits at inference, %o', async (change) => {
    const config: VitModelConfig = { ...plain, ...change }
    const found: Float32Array[] = []
    const one = await classifierOf(config, masked, options)
    for (const subnet of subnets.slice(1, 3)) {
      const other = await classifierOf(config, noah, sliced(subnet))
      const expected = withLogits(await other.classify(images)).logits
      const feeds = new Map([['subnet', subnetMasks(subnet, depth, superDim)]])
      found.push(withLogits(await one.classify(images, feeds)).logits)
      expect(farthest(found.at(-1) as Float32Array, expected)).toBeLessThan(1e-5)
      await other.release()
    }
    await one.release()
    expect(farthest(found[0] as Float32Array, found[1] as Float32Array)).toBeGreaterThan(1e-2)
  })

  it('marks the features in use', () => {
    const subnet = { visualPromptDim: [2], loraDim: [1, 3], adapterDim: [] }
    const { shape, data } = subnetMasks(subnet, 2, 3)
    expect(shape).toEqual([3, 2, 3])
    expect(Array.from(data)).toEqual([1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])
  })
})
