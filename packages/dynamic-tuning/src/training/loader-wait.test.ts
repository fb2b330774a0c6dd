import { expect, it } from 'vitest'
import type { Loader } from '../data/loader/loader.ts'
import { type EpochMetrics, type StepMetrics, train } from './trainer.ts'

it('tells how long steps waited for their images', async () => {
  let waitSeconds = 0
  const batch = {
    images: new Float32Array(4),
    truths: [0, 1],
    indices: Int32Array.of(0, 1),
    size: 2,
  }
  const loader: Loader<number> = {
    stepsPerEpoch: 2,
    skipped: 0,
    bad: new Map(),
    get waitSeconds() {
      return waitSeconds
    },
    async *epoch(epoch) {
      for (let step = 0; step < 2; step++) {
        waitSeconds += 1000 * (epoch + 1)
        yield batch
      }
    },
    close: async () => {},
  }
  const step = {
    weights: new Map(),
    run: async () => ({
      scalars: { loss: 1 },
      logits: Float32Array.of(1, 0, 0, 1),
      activeRatePerGate: [],
      gates: undefined,
      gradients: new Map<string, Float32Array>(),
    }),
    release: async () => {},
  }
  const optimizer = { step: 0, update: () => {}, moments: () => new Map<string, Float32Array>() }
  const steps: StepMetrics[] = []
  const epochs: EpochMetrics[] = []
  await train({
    step,
    loader,
    optimizer,
    prepare: () => ({ images: batch.images, targets: new Float32Array(4), size: 2 }),
    epochs: 2,
    schedule: { learningRate: 1, minimum: 0, warmupSteps: 0 },
    onStep: (metrics) => steps.push(metrics),
    onEpoch: (metrics) => epochs.push(metrics),
  })
  expect(epochs.map((each) => each.waitSeconds)).toEqual([2000, 4000])
  for (const { loaderWaitShare } of steps) expect(loaderWaitShare).toBeCloseTo(1, 2)
  expect(steps).toHaveLength(4)
})
