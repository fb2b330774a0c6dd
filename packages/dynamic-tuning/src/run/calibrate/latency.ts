import type { Example } from '../../data/example.ts'
import { createLoader } from '../../data/loader/loader.ts'
import type { Classifier } from '../../evaluation/classifier.ts'
import { timeInTurn } from '../../evaluation/timing.ts'
import { testReading } from '../settings/clip-settings.ts'
import type { TunedModel } from '../tuned-run.ts'
import type { BudgetPoint } from './point.ts'

/** Number of different batches that are timed, since images differ in their active tokens. */
const batches = 8
const rounds = { warmup: 3, rounds: 2 * batches }

/**
 * Adds to points the median time of a batch of validation images, all points in turn and with the same images
 * in each round.
 */
export async function withLatency(
  points: readonly BudgetPoint[],
  classifier: Classifier,
  model: TunedModel,
  { examples, batch }: { readonly examples: readonly Example[]; readonly batch: number },
): Promise<BudgetPoint[]> {
  const images = await readBatches(model, examples, batch)
  const cases = points.map(({ thresholds }, i) => {
    let round = 0
    const run = () =>
      classifier.classify(images[round++ % images.length] as Float32Array, undefined, { thresholds })
    return { name: String(i), run }
  })
  const times = await timeInTurn(cases, rounds)
  return points.map((point, i) => ({ ...point, latencyMs: times.get(String(i))?.medianMs as number }))
}

async function readBatches(
  { transform, settings }: TunedModel,
  examples: readonly Example[],
  batch: number,
): Promise<Float32Array[]> {
  const wanted = Array.from({ length: batch * batches }, (_, i) => examples[i % examples.length] as Example)
  const loader = createLoader(wanted, {
    ...testReading({ settings, transform }, [1, 1]),
    ...{ batch, seed: settings.seed, workers: 0, cacheMB: 0 },
  })
  const images: Float32Array[] = []
  try {
    for await (const each of loader.epoch(0)) images.push(each.images)
  } finally {
    await loader.close()
  }
  return images
}
