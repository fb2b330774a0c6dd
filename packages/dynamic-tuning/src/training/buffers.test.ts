import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compile, type TensorData } from '@dynamic-tuning/engine'
import { beforeAll, describe, expect, it } from 'vitest'
import { modelCost } from '../cost/model-cost.ts'
import { Classifier } from '../evaluation/classifier.ts'
import { withLogits } from '../evaluation/with-logits.test.support.ts'
import { onnxModel } from '../export/onnx.ts'
import { readSafetensors } from '../io/safetensors.ts'
import { writeSafetensors } from '../io/safetensors-writer.ts'
import { imageHead } from '../models/heads/image-head.ts'
import { network } from '../network/network.ts'
import { weightShapes } from '../network/weight-shapes.ts'
import { farthest } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { present } from '../present.ts'
import { classTargets } from '../tasks/classification/loss.ts'
import { full } from '../tuners/full.ts'
import { linearProbe } from '../tuners/linear.ts'
import { floatData } from './float-data.ts'
import { frozenPrefix, withoutPrefix } from './frozen-prefix.ts'
import { HostLearner } from './learners/host.ts'
import { objective } from './objective.ts'
import { AdamW } from './optimizers/adamw.ts'
import { plainScene, sceneWith } from './running-mean.test.support.ts'
import { draw, drawnWeights } from './small-dyt.test.support.ts'
import { TrainingStep } from './training-step.ts'

const size = 4
const images = draw(size * 3 * 16 * 16, 'images', 1)
const targets = classTargets([0, 3, 1, 4], { classes: 5 })
const batch = { images, targets, size }
const name = 'head.running_mean'

const valuesOf = (tensors: ReadonlyMap<string, TensorData>, key: string): Float32Array => {
  const found = tensors.get(key)
  expect(found).toBeDefined()
  return found ? floatData(found, key) : new Float32Array()
}

describe('buffers of a trained model', () => {
  const { network: tuned } = plainScene()
  let learned: ReadonlyMap<string, TensorData>
  let tensors: ReadonlyMap<string, TensorData>

  beforeAll(async () => {
    const pass = await TrainingStep.create({ ...plainScene(), microBatch: size })
    const learner = await HostLearner.create(pass, (weights) => new AdamW(weights))
    for (let step = 0; step < 3; step++) await learner.step(batch, step, 0.01)
    learned = structuredClone(await learner.weights())
    await learner.release()
    tensors = new Map([...drawnWeights(0.3, plainScene()), ...learned])
  })

  const logitsWith = async (values: ReadonlyMap<string, TensorData>): Promise<Float32Array> => {
    const store = new WeightStore({ tensors: values })
    const classifier = await Classifier.create({ network: tuned, store, compile: { threads: 1 } })
    const { logits } = withLogits(await classifier.classify(images))
    await classifier.release()
    return logits
  }

  it('are read at inference with their saved values', async () => {
    const mean = valuesOf(tensors, name)
    const weight = valuesOf(tensors, 'head.weight')
    const zero: TensorData = { dtype: 'float32', shape: [mean.length], data: new Float32Array(mean.length) }
    const without = await logitsWith(new Map([...tensors, [name, zero]]))
    const shifts = Array.from({ length: 5 }, (_, row) =>
      mean.reduce((sum, value, i) => sum + value * (weight[row * mean.length + i] ?? Number.NaN), 0),
    )
    expect(Math.max(...shifts.map(Math.abs))).toBeGreaterThan(0.1)
    const wanted = Array.from(without, (value, i) => value - (shifts[i % 5] ?? Number.NaN))
    expect(farthest(await logitsWith(tensors), wanted)).toBeLessThan(1e-5)
  })

  it('are given with the trained weights while a run is validated', async () => {
    const store = new WeightStore({ tensors: drawnWeights(0.3, plainScene()), trainable: tuned.tunable })
    const classifier = await Classifier.create({ network: tuned, store, compile: { threads: 1 } })
    const { logits } = withLogits(await classifier.classify(images, learned))
    await classifier.release()
    expect(farthest(logits, await logitsWith(tensors))).toBeLessThan(1e-6)
  })

  it('come back from the file of a run with the same bits', () => {
    const folder = mkdtempSync(join(tmpdir(), 'buffers-'))
    try {
      writeSafetensors(join(folder, 'adapter.safetensors'), learned)
      const found = readSafetensors(join(folder, 'adapter.safetensors'))
      for (const key of [name, 'head.passes']) expect(found.get(key)).toEqual(learned.get(key))
      expect(learned.get('head.passes')?.shape).toEqual([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('are in exported files, where these need them', () => {
    const store = new WeightStore({ tensors })
    const { inputs, initializers } = onnxModel({ network: tuned, store, metadata: {} })
    expect(inputs.map((each) => each.name)).toEqual(['pixel_values'])
    expect(initializers.get(name)?.data).toEqual(valuesOf(learned, name))
    expect([...initializers.keys()].filter((each) => each.includes('passes'))).toEqual([])
  })
})

describe('buffers', () => {
  it('are weights of a model, but no parameters of it', () => {
    const { network: tuned } = plainScene()
    const plain = { ...tuned, head: imageHead({ classes: 5, globalPool: 'token', epsilon: 1e-6 }) }
    const extra = [...weightShapes(tuned).keys()].filter((key) => !weightShapes(network(plain)).has(key))
    expect(extra).toEqual([name, 'head.passes'])
    for (const tuner of [tuned.tuner, full]) {
      const [own, wanted] = [tuned, plain].map((parts) =>
        modelCost({ network: network({ ...parts, tuner, options: tuner.defaults }) }),
      )
      expect(own?.params).toEqual(wanted?.params)
    }
  })

  it('are not trained by a method that trains everything', async () => {
    const { tunable } = network({ ...plainScene().network, tuner: full, options: full.defaults })
    expect(tunable.some((pattern) => pattern.test(name))).toBe(true)
    const scene = sceneWith({ tuner: full, options: full.defaults })
    const step = await TrainingStep.create({ ...scene, microBatch: size })
    const { gradients } = await step.run(batch, 0)
    await step.release()
    expect([...step.buffers.keys()]).toEqual([name, 'head.passes'])
    expect([...gradients.keys()]).toEqual([...step.weights.keys()])
    expect([...step.weights.keys()].filter((key) => step.buffers.has(key))).toEqual([])
  })

  it('are the same where a frozen backbone is computed beforehand', async () => {
    const scene = sceneWith({ tuner: linearProbe, options: linearProbe.defaults })
    const { features: _features, ...outputs } = objective(scene.store, scene)
    const prefix = frozenPrefix(outputs)
    expect(prefix).toBeDefined()
    const program = prefix && (await compile({ features: prefix.features }, { threads: 1 }))
    const features = (await program?.run({ images }))?.features
    await program?.release()
    const after = async (more: object, rows: Float32Array): Promise<Float32Array> => {
      const step = await TrainingStep.create({ ...scene, microBatch: 3, ...more })
      await step.run({ ...batch, images: rows }, 0)
      await step.release()
      return valuesOf(step.buffers, name)
    }
    const cached = await after(
      { rewrite: withoutPrefix },
      floatData(present(features, 'features'), 'features'),
    )
    expect(farthest(cached, await after({}, images))).toBeLessThan(1e-6)
  })
})
