import { expect, it } from 'vitest'
import type { Loader } from '../data/loader/loader.ts'
import type { Learner } from './learner.ts'
import type { EpochMetrics, StepMetrics } from './metrics.ts'
import { train } from './trainer.ts'

it('tells how long steps waited for their images', async () => {
  let waitSeconds = 0
  const batch = {
    images: new Float32Array(4),
    truths: [0, 1],
    indices: Int32Array.of(0, 1),
    rows: 2,
    size: 2,
  }
  const loader: Pick<Loader<number>, 'stepsPerEpoch' | 'waitSeconds' | 'epoch'> = {
    stepsPerEpoch: 2,
    get waitSeconds() {
      return waitSeconds
    },
    async *epoch(epoch) {
      for (let step = 0; step < 2; step++) {
        waitSeconds += 1000 * (epoch + 1)
        yield batch
      }
    },
  }
  const learner: Learner = {
    step: async () => ({ scalars: { loss: 1 }, activeRatePerGate: [] }),
    weights: async () => new Map(),
    state: async () => ({ steps: 0, tensors: new Map() }),
    restore: async () => {},
    release: async () => {},
  }
  const steps: StepMetrics[] = []
  const epochs: EpochMetrics[] = []
  await train({
    learner,
    loader,
    prepare: () => ({ images: batch.images, targets: {}, size: 2 }),
    epochs: 2,
    learningRateAt: () => 1,
    onStep: (metrics) => steps.push(metrics),
    onEpoch: (metrics) => epochs.push(metrics),
  })
  expect(epochs.map((each) => each.waitSeconds)).toEqual([2000, 4000])
  for (const { loaderWaitShare } of steps) expect(loaderWaitShare).toBeCloseTo(1, 2)
  expect(steps).toHaveLength(4)
})
