import type { CompileOptions } from '@dynamic-tuning/engine'
import { openDataset } from '../data/dataset.ts'
import { drawExamples } from '../data/draw-examples.ts'
import { createLoader } from '../data/loader/loader.ts'
import { DataError } from '../errors.ts'
import type { Classifier } from '../evaluation/classifier.ts'
import { type TimedCase, timeInTurn } from '../evaluation/timing.ts'
import { present } from '../present.ts'
import { testReading } from './settings/clip-settings.ts'
import { usualMicroBatch } from './settings/micro-batch.ts'
import type { TunedModel } from './tuned-run.ts'

/** Settings of a speed measurement. */
export interface SpeedSettings {
  readonly compile?: CompileOptions
  /** Largest number of images per pass; fewer for large models and small test sets. Default 32. */
  readonly batch?: number
  /**
   * Counted passes of each model. Default: as many as take a few seconds, 9 to 60, since short
   * passes vary more.
   */
  readonly rounds?: number | undefined
  /** Aborting it stops before the next pass by throwing the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** Images per second of models, and the images per pass in the measurement. */
export interface ModelSpeeds {
  readonly batch: number
  readonly rounds: number
  /** In the order of the models. */
  readonly imagesPerSecond: readonly number[]
}

/**
 * Images per second of the skipping models on the same test images. Models are measured in turn, so that a
 * disturbance slows all of them. Medians, without loading. @throws DataError if a model has no test images
 */
export async function measureSpeed(
  models: readonly TunedModel[],
  { compile = {}, batch = 32, rounds: wanted, signal }: SpeedSettings = {},
): Promise<ModelSpeeds> {
  const fitting = Math.min(batch, ...models.map(({ config }) => usualMicroBatch(config)))
  const batches = await Promise.all(models.map((model) => testBatch(model, fitting)))
  const rows = Math.min(...batches.map((each) => each.rows))
  const opened: Classifier[] = []
  try {
    for (const model of models) opened.push(await model.classifier('skip', compile))
    const cases = opened.map((classifier, i): TimedCase => {
      const { pixels, rows: all } = present(batches[i], 'the images of a model')
      const images = pixels.subarray(0, (pixels.length / all) * rows)
      return { name: String(i), run: () => classify(classifier, images, signal) }
    })
    // Neither the first pass, which allocates memory, nor the second, which decides the number of rounds,
    // counts.
    const trial = await timeInTurn(cases, { warmup: 1, rounds: 1 })
    const rounds = wanted ?? usualRounds([...trial.values()].map(({ medianMs }) => medianMs))
    const times = await timeInTurn(cases, { warmup: 0, rounds })
    const imagesPerSecond = batches.map((batch, i) => {
      const { medianMs = Number.NaN } = times.get(String(i)) ?? {}
      return ((1000 * rows) / medianMs) * (batch.size / batch.rows)
    })
    return { batch: Math.min(...batches.map((each) => each.size)), rounds, imagesPerSecond }
  } finally {
    await Promise.all(opened.map((each) => each.release()))
  }
}

const wantedMs = 5000

/**
 * Number of passes per model, such that all together take about five seconds; `passMs` is the time of one
 * pass of each.
 */
export function usualRounds(passMs: readonly number[]): number {
  const rounds = Math.round(wantedMs / passMs.reduce((sum, ms) => sum + ms, 0))
  return Math.min(60, Math.max(9, rounds))
}

function classify(classifier: Classifier, images: Float32Array, signal?: AbortSignal): Promise<unknown> {
  signal?.throwIfAborted()
  return classifier.classify(images)
}

interface TestBatch {
  readonly pixels: Float32Array
  /** Rows of the pixels: as many as images, or windows of them. */
  readonly rows: number
  readonly size: number
}

async function testBatch({ settings, transform }: TunedModel, batch: number): Promise<TestBatch> {
  const { test } = await openDataset(settings.data, settings)
  // Test sets are ordered by class, and classes differ in their active tokens: draw at random.
  const sample = drawExamples(test, batch, 0, 'speed')
  const reading = testReading({ settings, transform }, [1, 1])
  const loader = createLoader(sample, { ...reading, batch, seed: settings.seed, workers: 0, cacheMB: 0 })
  try {
    for await (const { images, rows, size } of loader.epoch(0)) return { pixels: images, rows, size }
  } finally {
    await loader.close()
  }
  throw new DataError(`speed: ${settings.data} has no test images. Give some.`)
}
