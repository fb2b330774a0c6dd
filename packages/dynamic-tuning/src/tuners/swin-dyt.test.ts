import { random, type TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { Classifier } from '../evaluation/classifier.ts'
import { sharesOf } from '../evaluation/gate-activity.ts'
import { withLogits } from '../evaluation/with-logits.test.support.ts'
import { modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import { type PlainSwinTuning, plainSwin } from '../models/swin/plain-swin.test.support.ts'
import { tinySwin } from '../models/swin/swin.test.support.ts'
import { network } from '../network/network.ts'
import { farthest, noise, randomValues, type Values } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { classificationLoss, classTargets } from '../tasks/classification/loss.ts'
import { paperLoss } from '../training/loss-graph.ts'
import { TrainingStep } from '../training/training-step.ts'
import { dyt } from './dyt.ts'
import { tune } from './tune.ts'
import type { TunerOptions } from './tuner.ts'

const config = tinySwin
const options: TunerOptions = {
  ...dyt.defaults,
  bottleneck: 3,
  adapterScale: 0.7,
  adapterDropout: 0,
  rate: 0.4,
}
const values = randomValues(modelShapes(modelOf(config), tune(dyt, options, { kind: 'masked' }).hooks), 3)
const size = 2
const pixels = 3 * config.imageSize[0] * config.imageSize[1]
const images = noise(size * pixels, 4)
/** Tokens of each gate: 4 x 8 in the first stage, 2 x 4 in the second. */
const perGate = [32, 32, 8, 8]

const plainAll = (at: Values, tuning: PlainSwinTuning) =>
  Array.from({ length: size }, (_, b) =>
    plainSwin(images.subarray(b * pixels, (b + 1) * pixels), at, config, tuning),
  )

describe('dyt on a Swin', () => {
  it.each([
    ['some tokens', {}],
    ['no token of stage 0', { 0: -100, 1: -100 }],
    ['every token', { 0: 100, 1: 100, 2: 100, 3: 100 }],
    ['no token at all', { 0: -100, 1: -100, 2: -100, 3: -100 }],
    ['all, none, some', { 0: 100, 1: -100 }],
  ] as const)('masks and skips as plain loops do: %s', async (_name, biases) => {
    const paths = ['layers.0.blocks.0', 'layers.0.blocks.1', 'layers.1.blocks.0', 'layers.1.blocks.1']
    const tensors = new Map<string, TensorData>(values)
    for (const [gate, bias] of Object.entries(biases))
      tensors.set(`${paths[Number(gate)]}.mlp_token_select.mlp_head.bias`, {
        dtype: 'float32',
        shape: [1],
        data: Float32Array.of(bias),
      })
    const wanted = plainAll(tensors, { kind: 'dispatch', adapterScale: 0.7 })
    const logits = wanted.flatMap((image) => image.logits)
    for (const pass of ['masked', 'skip'] as const) {
      const store = new WeightStore({ tensors })
      const settings = {
        network: network({ ...modelOf(config), tuner: dyt, options }),
        store,
        pass,
        compile: { threads: 1 },
      }
      const classifier = await Classifier.create(settings)
      expect(classifier.gates).toMatchObject({ perGate, decisions: 32 })
      const found = withLogits(await classifier.classify(images))
      await classifier.release()
      expect(farthest(found.logits, logits)).toBeLessThan(2e-5 * Math.max(1, ...logits.map(Math.abs)))
      expect([...(found.masks as Float32Array)]).toEqual(wanted.flatMap(({ masks }) => masks.flat()))
      const shares = sharesOf(found.masks as Float32Array, perGate)
      expect([...shares]).toEqual(
        wanted.flatMap(({ masks }) => masks.map((mask) => mask.reduce((a, b) => a + b, 0) / mask.length)),
      )
    }
  })
})

/** Softmax of logits. */
function shares(logits: readonly number[]): number[] {
  const powers = logits.map((logit) => Math.exp(logit - Math.max(...logits)))
  const total = powers.reduce((a, b) => a + b, 0)
  return powers.map((power) => power / total)
}

describe('a training step of dyt on a Swin', () => {
  const labels = [1, 0]
  const tau = 5
  const gumbel = noise(4 * size * 32, 9)
  const ofImage = (b: number) => (block: number, token: number) =>
    gumbel[(block * size + b) * 32 + token] as number
  const image = (b: number) => images.subarray(b * pixels, (b + 1) * pixels)

  const complete = Array.from({ length: size }, (_, b) =>
    plainSwin(image(b), values, config, { kind: 'adapters', adapterScale: 0.7 }),
  )
  const teachers = complete.map(({ logits }) => shares(logits))
  /** Noisy logits at the start, to which the straight-through gates hold their hard values. */
  const start = Array.from({ length: size }, () => new Map<string, number>())
  const dynamic = (at: Values, b: number, record: boolean) =>
    plainSwin(image(b), at, config, {
      kind: 'dispatch',
      adapterScale: 0.7,
      noise: ofImage(b),
      soft(logit, block, token) {
        const key = `${block} ${token}`
        if (record) start[b]?.set(key, logit)
        const first = start[b]?.get(key) as number
        const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x / tau))
        return (first > 0 ? 1 : 0) + sigmoid(logit) - sigmoid(first)
      },
    })

  /** The paper's loss with gates that are hard forward and soft backward; the teacher is fixed. */
  function loss(at: Values, record = false): number {
    const rates: number[][] = []
    let total = 0
    for (let b = 0; b < size; b++) {
      const { logits, masks } = dynamic(at, b, record)
      const whole = plainSwin(image(b), at, config, { kind: 'adapters', adapterScale: 0.7 })
      const [student, teacher] = [shares(logits), teachers[b] as number[]]
      const [ce, again] = [student, shares(whole.logits)].map(
        (each) => -Math.log(each[labels[b] as number] as number),
      )
      const kl = teacher.reduce((sum, p, i) => sum + p * (Math.log(p) - Math.log(student[i] as number)), 0)
      total += ((ce as number) + (again as number) + kl) / size
      rates.push(masks.map((mask) => mask.reduce((a, c) => a + c, 0) / mask.length))
    }
    const mean = rates.flat().reduce((a, b) => a + b, 0) / (4 * size)
    return total + 2 * (mean - options.rate) ** 2
  }

  it('has the loss and the gradients of plain loops, by central differences, for every weight', async () => {
    const wanted = loss(values, true)
    const tuner = { ...dyt, trainable: [/./] }
    const store = new WeightStore({ tensors: values, trainable: [/./] })
    const common = {
      network: network({ ...modelOf(config), tuner, options }),
      store,
      taskLoss: classificationLoss,
      loss: paperLoss,
      seed: 1,
      microBatch: size,
    }
    const step = await TrainingStep.create({ ...common, compile: { threads: 1 } })
    const targets = classTargets(BigInt64Array.from(labels, BigInt), { classes: config.numClasses })
    const given: TensorData = { dtype: 'float32', shape: [4, size, 32, 1], data: gumbel }
    const { scalars, gradients } = await step.run({ images, targets, size }, 0, given)
    await step.release()
    expect(scalars.loss).toBeCloseTo(wanted, 4)
    expect([...gradients.keys()].sort()).toEqual([...values.keys()].sort())
    let checked = 0
    for (const [name, gradient] of gradients) {
      const stream = random(1, 'direction', name)
      const direction = gradient.map(() => stream.normal())
      const moved = (by: number): number => {
        const { data, shape } = values.get(name) as TensorData<'float32'>
        const changed = Float64Array.from(data, (value, i) => value + by * (direction[i] as number))
        return loss(
          new Map<string, TensorData>([...values, [name, { dtype: 'float64', shape, data: changed }]]),
        )
      }
      const h = 1e-5
      const difference = (moved(h) - moved(-h)) / (2 * h)
      const slope = gradient.reduce((sum, value, i) => sum + value * (direction[i] as number), 0)
      const length = Math.sqrt(gradient.reduce((sum, value) => sum + value ** 2, 0))
      expect(Math.abs(slope - difference), name).toBeLessThan(1e-3 * Math.max(0.01, length))
      if (length > 1e-3) checked++
    }
    expect(checked).toBeGreaterThan(0.8 * gradients.size)
  })
})
