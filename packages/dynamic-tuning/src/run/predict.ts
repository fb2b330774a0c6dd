import type { CompileOptions } from '@dynamic-tuning/engine'
import { TuningError } from '../errors.ts'
import type { Classifier } from '../evaluation/classifier.ts'
import { meanOfViews } from '../evaluation/evaluate.ts'
import { sharesOf } from '../evaluation/gate-activity.ts'
import { imageRows } from '../models/heads/registry.ts'
import { type SampleReader, sampleReader } from './sample-reader.ts'
import type { TunedModel } from './tuned-run.ts'

/** What a model says of one image or video: labels by falling probability, or why it could not be read. */
export type ImagePrediction =
  | {
      readonly image: string
      readonly predictions: readonly { readonly class: string; readonly probability: number }[]
      /** Share of patch tokens that entered the MLPs; 1 for methods without dispatch. */
      readonly activeRate: number
    }
  | { readonly image: string; readonly error: string }

/** How images are classified. */
export interface PredictSettings {
  /** Labels per image. Default 3. */
  readonly top?: number | undefined
  /** Images per pass. Default 16, videos with all their views. */
  readonly batch?: number | undefined
  /** Least gate probability of an active token, one for each gate; 0.5, as trained, by default. */
  readonly thresholds?: readonly number[] | undefined
  readonly compile?: CompileOptions
}

/** Classifies image files in order, or videos, the logits of whose views are averaged. One that cannot be read is reported in its place and the others go on. */
export async function* predictImages(
  model: TunedModel,
  paths: readonly string[],
  settings: PredictSettings = {},
): AsyncGenerator<ImagePrediction, void, void> {
  const { views = [1, 1] } = model.settings
  const { top = 3, batch = Math.max(1, Math.floor(16 / (views[0] * views[1]))) } = settings
  const reader = sampleReader(model, views)
  const classifier = await model.classifier('skip', settings.compile, { thresholds: settings.thresholds })
  try {
    for (let first = 0; first < paths.length; first += batch) {
      const part = paths.slice(first, first + batch)
      const read = await Promise.all(part.map((path) => readInput(reader, path)))
      yield* classify(model, classifier, read, top)
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

async function* classify(
  model: TunedModel,
  classifier: Classifier,
  images: readonly ReadImage[],
  top: number,
): AsyncGenerator<ImagePrediction, void, void> {
  const inputs = images.flatMap(({ input }) => (typeof input === 'string' ? [] : [input]))
  const { logits: all, masks } =
    inputs.length > 0
      ? await classifier.classify(joined(inputs))
      : { logits: new Float32Array(), masks: undefined }
  const classes = model.classes.length
  const views = all.length / (classes * Math.max(1, inputs.length))
  const logits = meanOfViews(all, inputs.length, views)
  const { perGate } = classifier.gates
  const tokens = perGate.reduce((sum, count) => sum + count, 0) * imageRows(model.config, views)
  let row = 0
  for (const { image, input } of images) {
    if (typeof input === 'string') {
      yield { image, error: input }
      continue
    }
    const predictions = best(logits.subarray(row * classes, (row + 1) * classes), model.classes, top)
    const active = masks?.subarray(row * tokens, (row + 1) * tokens)
    yield { image, predictions, activeRate: active ? mean(sharesOf(active, perGate)) : 1 }
    row++
  }
}

const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length

function joined(inputs: readonly Float32Array[]): Float32Array {
  const [first] = inputs as readonly [Float32Array]
  const all = new Float32Array(inputs.length * first.length)
  for (const [i, input] of inputs.entries()) all.set(input, i * first.length)
  return all
}

/** The `top` classes with the largest softmax. */
function best(logits: Float32Array, classes: readonly string[], top: number) {
  const largest = Math.max(...logits)
  const weights = Array.from(logits, (logit) => Math.exp(logit - largest))
  const sum = weights.reduce((a, b) => a + b, 0)
  return classes
    .map((name, i) => ({ class: name, probability: (weights[i] as number) / sum }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top)
}
