import { expect, it } from 'vitest'
import { AdamW } from '../optimizers/adamw.ts'
import { Muon } from '../optimizers/muon.ts'
import type { Scene } from '../running-mean.test.support.ts'
import { TrainingStep } from '../training-step.ts'
import { describeLearner } from './describe-learner.test.support.ts'
import { HostLearner, type OptimizerMaker } from './host.ts'

const adamw: OptimizerMaker = (weights) => new AdamW(weights)
const muon: OptimizerMaker = (weights) =>
  Muon.create(weights, {
    ...{ momentum: 0.9, rateFactor: 3, threads: 1 },
    adamw: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1 },
  })

async function learner(scene: Scene, optimizer: OptimizerMaker, more: object = {}): Promise<HostLearner> {
  const step = await TrainingStep.create({ ...scene, microBatch: 4, ...more })
  return HostLearner.create(step, optimizer)
}

describeLearner('AdamW in micro-batches', {
  create: (scene) => learner(scene, adamw, { microBatch: 3 }),
  tolerance: 0,
  passesAt: () => [3, 1],
})
describeLearner('AdamW with recomputing', {
  create: (scene) => learner(scene, adamw, { recompute: true }),
  tolerance: 0,
})
describeLearner('Muon on the host', { create: (scene) => learner(scene, muon), tolerance: 0 })

it('saves buffers with the weights and keeps them from the optimiser', async () => {
  const tensor = (...values: number[]) =>
    ({ dtype: 'float32', shape: [values.length], data: Float32Array.from(values) }) as const
  const open = () => {
    const [weights, buffers] = [new Map([['w', tensor(1, 2)]]), new Map([['mean', tensor(0)]])]
    const run = async () => {
      buffers.set('mean', tensor(7))
      const gradients = new Map([['w', Float32Array.of(1, -1)]])
      return { scalars: { loss: 1 }, outputs: {}, activeRatePerGate: [], gradients }
    }
    return HostLearner.create({ weights, buffers, run, release: async () => {} }, adamw)
  }
  const batch = { images: new Float32Array(1), targets: {}, size: 1 }
  const first = await open()
  await first.step(batch, 0, 0.1)
  expect((await first.weights()).get('mean')?.data).toEqual(Float32Array.of(7))
  const state = await first.state()
  expect([...state.tensors.keys()]).toEqual(['w', 'mean', 'adamw.mean.w', 'adamw.square.w'])
  const second = await open()
  await second.restore(state, 'here')
  expect(await second.weights()).toEqual(await first.weights())
})
