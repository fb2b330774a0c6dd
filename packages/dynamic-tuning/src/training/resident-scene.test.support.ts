import { type Device, random, type TensorData } from '@dynamic-tuning/engine'
import { type VitConfig, vitConfig } from '../models/vit-config.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { dyt } from '../tuners/dyt.ts'
import { trainedPatterns } from '../tuners/tune.ts'
import { AdamW, type AdamWSettings } from './adamw.ts'
import { objective, paperLoss } from './objective.ts'
import { ResidentStep } from './resident-step.ts'
import { TrainingStep } from './training-step.ts'

/** Images of a step. */
const size = 4
const config: VitConfig = { ...vitConfig('vit_tiny_patch4_16', 5), embedDim: 24, depth: 2, numHeads: 3 }
const options = { ...dyt.defaults, bottleneck: 16 }
const model = { config, tuner: dyt, options, loss: paperLoss, seed: 1 }
const adamw: AdamWSettings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.1 }
const rates = [0.01, 0.03, 0.02, 0.01]

function draw(length: number, key: string, scale: number): Float32Array {
  const stream = random(9, key)
  return Float32Array.from({ length }, () => stream.normal() * scale)
}

/** A store over weights drawn anew: a fresh adapter's zeros would hide half of the gradients. */
function drawnStore(): WeightStore {
  const trainable = trainedPatterns(dyt, options)
  const probe = new WeightStore({ trainable })
  objective(probe, model)
  const tensors = new Map<string, TensorData>()
  for (const [name, shape] of probe.shapes) {
    const length = shape.reduce((a, b) => a * b, 1)
    tensors.set(name, { dtype: 'float32', shape, data: draw(length, name, 0.3) })
  }
  return new WeightStore({ trainable, tensors })
}

function batchAt(step: number) {
  const targets = new Float32Array(size * 5)
  for (let image = 0; image < size; image++) targets[image * 5 + ((image + step) % 5)] = 1
  return { images: draw(size * 3 * 16 * 16, `images ${step}`, 1), targets, size }
}

/** What some steps say, and the weights after them. */
export interface Trained {
  /** Loss, its terms and the rates, step by step. */
  readonly scalars: readonly Record<string, number>[]
  readonly weights: Readonly<Record<string, readonly number[]>>
  /** Bytes that were brought from the device by the last step; known on WebGPU in a browser. */
  readonly bytesRead?: number
}

const plainWeights = (weights: Iterable<[string, TensorData]>): Trained['weights'] =>
  Object.fromEntries([...weights].map(([name, { data }]) => [name, Array.from(data, Number)]))

/** Trains by steps that keep their weights on the device; `read` tells how many bytes have been brought from it so far. */
export async function residentTraining(device: Device, read = () => 0): Promise<Trained> {
  const step = await ResidentStep.create({ ...model, store: drawnStore(), adamw, compile: { device } })
  const scalars: Record<string, number>[] = []
  let before = 0
  for (const [index, rate] of rates.entries()) {
    before = read()
    scalars.push(await step.run(batchAt(index), index, rate))
  }
  const bytesRead = read() - before
  const weights = plainWeights(await step.weights())
  await step.release()
  return { scalars, weights, bytesRead }
}

/** The same steps with the optimiser outside. */
export async function plainTraining(): Promise<Trained> {
  const step = await TrainingStep.create({ ...model, store: drawnStore(), microBatch: size })
  const optimizer = new AdamW(step.weights, adamw)
  const scalars: Record<string, number>[] = []
  for (const [index, rate] of rates.entries()) {
    const result = await step.run(batchAt(index), index)
    scalars.push(result.scalars)
    optimizer.update(result.gradients, rate)
  }
  const weights = plainWeights(step.weights)
  await step.release()
  return { scalars, weights }
}
