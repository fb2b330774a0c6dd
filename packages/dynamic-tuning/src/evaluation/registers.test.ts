import type { TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import type { Loader } from '../data/loader/loader.ts'
import { sampleOf } from '../data/samples/registry.ts'
import { modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { patchCount } from '../models/vit/vit-config.ts'
import { network } from '../network/network.ts'
import { farthest, noise, randomValues, type Values } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { classificationLoss, classTargets } from '../tasks/classification/loss.ts'
import { ClassTally } from '../tasks/classification/tally.ts'
import { logitsOf } from '../tasks/logits.ts'
import type { PassResult } from '../training/learner.ts'
import { paperLoss } from '../training/loss-graph.ts'
import { gumbelNoise } from '../training/noise.ts'
import { TrainingStep } from '../training/training-step.ts'
import { dyt } from '../tuners/dyt.ts'
import { plainDispatch } from '../tuners/plain-dispatch.test.support.ts'
import { tune } from '../tuners/tune.ts'
import { Classifier } from './classifier.ts'
import { evaluate } from './evaluate.ts'
import { withLogits } from './with-logits.test.support.ts'

const count = 3
const config: VitModelConfig = { ...tiny, initValues: 0.1, regTokens: 3, globalPool: 'token+avg' }
const options = { ...dyt.defaults, bottleneck: 3, adapterScale: 0.7, adapterDropout: 0 }
const values: Values = randomValues(
  modelShapes(modelOf(config), tune(dyt, options, { kind: 'masked' }).hooks),
  1,
)
const size = 3 * config.imageSize[0] * config.imageSize[1]
const images = noise(count * size, 2)
const labels = BigInt64Array.of(0n, 2n, 1n)
const decisions = config.depth * patchCount(config)

async function oneStep(adapterDropout: number): Promise<PassResult> {
  const chosen = { ...options, adapterDropout }
  const store = new WeightStore({
    tensors: values,
    trainable: network({ ...modelOf(config), tuner: dyt, options: chosen }).tunable,
  })
  const settings = {
    network: network({ ...modelOf(config), tuner: dyt, options: chosen }),
    taskLoss: classificationLoss,
    loss: paperLoss,
    store,
    seed: 5,
    microBatch: 2,
  }
  const step = await TrainingStep.create({ ...settings, compile: { threads: 1 } })
  const targets = classTargets(labels, { classes: config.numClasses })
  const result = await step.run({ images, targets, size: count }, 4)
  await step.release()
  return result
}

describe('register tokens are active in every layer and counted in no rate', () => {
  it('while training: decisions are over patches, as plain loops make them', async () => {
    const { outputs, gates, activeRatePerGate } = await oneStep(0)
    const masks = gates?.masks ?? new Float32Array()
    const drawn = gumbelNoise({ seed: 5, step: 4, first: 0 }, [config.depth, count, patchCount(config)])
    const noiseOf = (image: number): number[][] =>
      Array.from({ length: config.depth }, (_, layer) => {
        const start = (layer * count + image) * patchCount(config)
        return [...drawn.data.subarray(start, start + patchCount(config))]
      })
    const wanted = Array.from({ length: count }, (_, i) =>
      plainDispatch(images.subarray(i * size), values, config, options, { noise: noiseOf(i) }),
    )
    expect([...masks]).toEqual(wanted.flatMap(({ gates: own }) => own.flatMap(({ hard }) => hard)))
    expect(gates?.masks.length).toBe(count * decisions)
    expect(
      farthest(
        logitsOf(outputs).values,
        wanted.flatMap((image) => image.logits),
      ),
    ).toBeLessThan(1e-4)
    const share = activeRatePerGate.reduce((a, b) => a + b, 0) / config.depth
    const active = masks.reduce((a, b) => a + b, 0)
    expect(share).toBeCloseTo(active / (count * decisions), 6)
  })

  it('adapters of all tokens take dropout', async () => {
    const [without, dropped] = [await oneStep(0), await oneStep(0.5)]
    expect(dropped.gates?.masks.length).toBe(count * decisions)
    expect(farthest(logitsOf(dropped.outputs).values, logitsOf(without.outputs).values)).toBeGreaterThan(1e-3)
  })

  it.each([
    [-100, 0],
    [100, 1],
  ])('when evaluating: dispatcher biases of %i make the rate %i', async (bias, rate) => {
    const closed = new Map<string, TensorData>(values)
    for (let layer = 0; layer < config.depth; layer++)
      closed.set(`blocks.${layer}.mlp_token_select.mlp_head.bias`, {
        dtype: 'float32',
        shape: [1],
        data: Float32Array.of(bias),
      })
    const loader: Pick<Loader<number>, 'epoch' | 'sample'> = {
      sample: sampleOf({}),
      async *epoch() {
        yield {
          images: images.slice(),
          truths: Array.from(labels, Number),
          indices: Int32Array.of(0, 1, 2),
          rows: count,
          size: count,
        }
      },
    }
    const store = new WeightStore({ tensors: closed })
    const classifier = await Classifier.create({
      network: network({ ...modelOf(config), tuner: dyt, options }),
      store,
      compile: { threads: 1 },
    })
    const { activeRate } = await evaluate(
      classifier,
      loader,
      new ClassTally(Array.from({ length: config.numClasses }, (_, i) => `${i}`)),
    )
    const { logits } = withLogits(await classifier.classify(images))
    await classifier.release()
    expect(activeRate).toBe(rate)
    const wanted = Array.from({ length: count }, (_, i) =>
      plainDispatch(images.subarray(i * size), closed, config, options),
    )
    expect(
      farthest(
        logits,
        wanted.flatMap((image) => image.logits),
      ),
    ).toBeLessThan(1e-4)
  })
})
