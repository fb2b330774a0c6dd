import type { CompileOptions } from '@dynamic-tuning/engine'
import { openDataset } from '../data/dataset.ts'
import { createLoader } from '../data/loader.ts'
import { DataError } from '../errors.ts'
import type { Classifier } from '../evaluation/classifier.ts'
import type { TunedModel } from './tuned-run.ts'

/** Images per pass, and passes of each model. */
const [batch, rounds] = [32, 9]

/**
 * Images per second of several models of one size on the same test images, in turn: what slows the machine down for a
 * moment then slows all of them. Medians, without loading.
 */
export async function measureSpeed(
  models: readonly TunedModel[],
  compile: CompileOptions = {},
): Promise<number[]> {
  const images = await testBatch(models[0] as TunedModel)
  const opened: Classifier[] = []
  try {
    for (const model of models) opened.push(await model.classifier('skip', compile))
    const times: number[][] = opened.map(() => [])
    // The first pass of a model lays out its memory: it does not count.
    for (let round = 0; round <= rounds; round++)
      for (const [i, classifier] of opened.entries()) {
        const start = performance.now()
        await classifier.classify(images.pixels)
        if (round > 0) times[i]?.push((performance.now() - start) / 1000)
      }
    return times.map((all) => images.size / (all.sort((a, b) => a - b)[Math.floor(rounds / 2)] as number))
  } finally {
    await Promise.all(opened.map((each) => each.release()))
  }
}

async function testBatch({ settings, transform }: TunedModel) {
  const { test } = await openDataset(settings.data, settings)
  const loader = createLoader(test, { transform, batch, seed: settings.seed, workers: 0, cacheMB: 0 })
  try {
    for await (const { images, size } of loader.epoch(0)) return { pixels: images, size }
  } finally {
    await loader.close()
  }
  throw new DataError(`speed: ${settings.data} has no test images. Give some.`)
}
