import type { Device, TensorData } from '@dynamic-tuning/engine'
import { WeightStore } from '../../nn/weight-store.ts'
import { classTargets } from '../../tasks/classification/loss.ts'
import { AdamW, type AdamWSettings } from '../optimizers/adamw.ts'
import { draw, drawnWeights, smallDyt, smallTrainable } from '../small-dyt.test.support.ts'
import { TrainingStep } from '../training-step.ts'
import { ResidentLearner } from './resident.ts'

/** Images per step. */
const size = 4
const model = { ...smallDyt, seed: 1 }
const adamw: AdamWSettings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.1 }
const rates = [0.01, 0.03, 0.02, 0.01]

const drawnStore = (): WeightStore =>
  new WeightStore({ trainable: smallTrainable, tensors: drawnWeights(0.3) })

/** The batch of a step. */
export function batchAt(step: number) {
  const labels = Array.from({ length: size }, (_, image) => (image + step) % 5)
  const targets = classTargets(labels, { classes: 5 })
  return { images: draw(size * 3 * 16 * 16, `images ${step}`, 1), targets, size }
}

/** Results of some steps, and the weights after them. */
export interface Trained {
  /** Loss, its terms and the rates for each step. */
  readonly scalars: readonly Readonly<Record<string, number>>[]
  readonly weights: Readonly<Record<string, readonly number[]>>
  /** Bytes read back from the device in the last step; known only for WebGPU in a browser. */
  readonly bytesRead?: number
}

const plainWeights = (weights: Iterable<[string, TensorData]>): Trained['weights'] =>
  Object.fromEntries([...weights].map(([name, { data }]) => [name, Array.from(data, Number)]))

/**
 * Trains with weights that stay on the device; `read` returns the number of bytes read back from it so far.
 */
export async function residentTraining(device: Device, read = () => 0): Promise<Trained> {
  const learner = await ResidentLearner.create({ ...model, store: drawnStore(), adamw, compile: { device } })
  const scalars: Readonly<Record<string, number>>[] = []
  let before = 0
  for (const [index, rate] of rates.entries()) {
    before = read()
    scalars.push((await learner.step(batchAt(index), index, rate)).scalars)
  }
  const bytesRead = read() - before
  const weights = plainWeights(await learner.weights())
  await learner.release()
  return { scalars, weights, bytesRead }
}

/** The same steps with the optimiser outside the graph. */
export async function plainTraining(): Promise<Trained> {
  const step = await TrainingStep.create({ ...model, store: drawnStore(), microBatch: size })
  const optimizer = new AdamW(step.weights, adamw)
  const scalars: Readonly<Record<string, number>>[] = []
  for (const [index, rate] of rates.entries()) {
    const result = await step.run(batchAt(index), index)
    scalars.push(result.scalars)
    optimizer.update(result.gradients, rate)
  }
  const weights = plainWeights(step.weights)
  await step.release()
  return { scalars, weights }
}
