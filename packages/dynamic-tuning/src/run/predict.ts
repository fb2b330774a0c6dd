import type { CompileOptions } from '@dynamic-tuning/engine'
import { type SampleReader, sampleReader } from '../data/samples/reader.ts'
import { sampleOf } from '../data/samples/registry.ts'
import { TuningError } from '../errors.ts'
import type { Answer } from '../evaluation/answer.ts'
import type { Classifier } from '../evaluation/classifier.ts'
import { outputsOf } from '../evaluation/evaluate.ts'
import { sharesOf } from '../evaluation/gate-activity.ts'
import { imageRows } from '../models/samples/sample-layout.ts'
import type { TunedModel } from './tuned-run.ts'

/** The model's answer for one image or video. */
export interface ImageAnswer extends Answer {
  readonly image: string
  /** Share of patch tokens that entered the MLPs; 1 for methods without dispatch. */
  readonly activeRate: number
}

/** The answer for an image or video, or why it could not be read. */
export type ImagePrediction = ImageAnswer | { readonly image: string; readonly error: string }

/** Settings of predictions. */
export interface PredictSettings {
  /** Largest number of classes per answer. Default: the task's, 3 for classification. */
  readonly top?: number | undefined
  /** Images per pass, or videos with all their views. Default 16. */
  readonly batch?: number | undefined
  /** Least gate probability of an active token, one for each gate; 0.5, as trained, by default. */
  readonly thresholds?: readonly number[] | undefined
  readonly compile?: CompileOptions
}

/**
 * Predicts image or video files, in order; the views of a video are joined. An unreadable file gives an error
 * in its place and does not stop the rest.
 * @example
 * ```ts
 * import { openRun, predictImages } from 'dynamic-tuning'
 *
 * for await (const answer of predictImages(openRun('runs/photos'), ['new-picture.jpg']))
 *   console.log(answer)
 * ```
 */
export async function* predictImages(
  model: TunedModel,
  paths: readonly string[],
  settings: PredictSettings = {},
): AsyncGenerator<ImagePrediction, void, void> {
  const { views } = sampleOf(model.settings)
  const { top, batch = Math.max(1, Math.floor(16 / views)) } = settings
  const reader = sampleReader(model.settings, model.transform)
  const classifier = await model.classifier('skip', settings.compile, { thresholds: settings.thresholds })
  try {
    for (let first = 0; first < paths.length; first += batch) {
      const part = paths.slice(first, first + batch)
      const read = await Promise.all(part.map((path) => readInput(reader, path)))
      yield* answers(model, classifier, read, top)
    }
  } finally {
    reader.close()
    await classifier.release()
  }
}

interface ReadImage {
  readonly image: string
  readonly input: Float32Array | string
}

async function readInput(reader: SampleReader, image: string): Promise<ReadImage> {
  try {
    return { image, input: await reader.read({ kind: 'file', path: image }) }
  } catch (error) {
    if (error instanceof TuningError) return { image, input: error.message }
    throw error
  }
}

async function* answers(
  model: TunedModel,
  classifier: Classifier,
  images: readonly ReadImage[],
  top: number | undefined,
): AsyncGenerator<ImagePrediction, void, void> {
  const inputs = images.flatMap(({ input }) => (typeof input === 'string' ? [] : [input]))
  const found = inputs.length > 0 ? await classifier.classify(joined(inputs)) : undefined
  const { task, settings, network } = model
  const sample = sampleOf(settings)
  const { views } = sample
  const outputs = found ? sample.join(outputsOf(found, inputs.length * views), inputs.length) : {}
  const { perGate } = classifier.gates
  const tokens = perGate.reduce((sum, count) => sum + count, 0) * imageRows(network.sample, views)
  let row = 0
  for (const { image, input } of images) {
    if (typeof input === 'string') {
      yield { image, error: input }
      continue
    }
    const answer = task.answer.of(outputs, row, model, top)
    const active = found?.masks?.subarray(row * tokens, (row + 1) * tokens)
    yield { image, ...answer, activeRate: active ? mean(sharesOf(active, perGate)) : 1 }
    row++
  }
}

const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length

function joined(inputs: readonly Float32Array[]): Float32Array {
  const length = inputs[0]?.length ?? 0
  const all = new Float32Array(inputs.length * length)
  for (const [i, input] of inputs.entries()) all.set(input, i * length)
  return all
}
