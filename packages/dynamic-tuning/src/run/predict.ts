import type { CompileOptions } from '@dynamic-tuning/engine'
import { firstRows } from '../data/samples/first-rows.ts'
import { type ReadSample, type SampleReader, sampleReader } from '../data/samples/reader.ts'
import { sampleOf } from '../data/samples/registry.ts'
import { TuningError } from '../errors.ts'
import type { Answer } from '../evaluation/answer.ts'
import type { Classifier } from '../evaluation/classifier.ts'
import { classifyBatch, usualRows } from '../evaluation/classify-batch.ts'
import { sharesOf } from '../evaluation/gate-activity.ts'
import { joinFloats } from '../evaluation/join-floats.ts'
import { imageRows } from '../models/samples/sample-layout.ts'
import { present } from '../present.ts'
import { answerFolder, type WriteAnswer } from './answer-folder.ts'
import { passRows } from './training-parts.ts'
import type { TunedModel } from './tuned-run.ts'

/** The model's answer for one image or video; tasks add fields, such as `areas`. */
export interface ImageAnswer extends Answer {
  readonly image: string
  /** Share of patch tokens that entered the MLPs; 1 for methods without dispatch. */
  readonly activeRate: number
  /** Files that were written for it, such as a mask; only with `out`. */
  readonly files?: readonly string[]
}

/** The answer for an image or video, or why it could not be read. */
export type ImagePrediction = ImageAnswer | { readonly image: string; readonly error: string }

/** Settings of predictions. */
export interface PredictSettings {
  /** Largest number of classes per answer. Default: the task's, 3 for classification. */
  readonly top?: number | undefined
  /** Images per pass, or videos with all their views. Default 16, fewer for large models. */
  readonly batch?: number | undefined
  /** Least gate probability of an active token, one for each gate; 0.5, as trained, by default. */
  readonly thresholds?: readonly number[] | undefined
  /** Folder for files that show the answers, such as masks. Default: none are written. */
  readonly out?: string | undefined
  readonly compile?: CompileOptions
}

/**
 * Predicts image or video files, in order; the views of a video are joined, and so are windows of a picture.
 * An unreadable file gives an error in its place and does not stop the rest.
 * @throws ConfigError for `out` with a task whose answers are words alone; RunError if it cannot be written
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
  const write = settings.out === undefined ? undefined : answerFolder(settings.out, model)
  const reader = sampleReader(model.settings, model.transform)
  const classifier = await model.classifier('skip', settings.compile, { thresholds: settings.thresholds })
  const usual = usualRows(classifier, sampleOf(model.settings))
  const { top, batch = Math.max(1, Math.floor(Math.min(16, passRows(model.settings)) / usual)) } = settings
  const asking = { model, classifier, top, batch, write }
  try {
    for (let first = 0; first < paths.length; first += batch) {
      const part = paths.slice(first, first + batch)
      yield* answers(asking, await Promise.all(part.map((path) => readInput(reader, path))))
    }
  } finally {
    reader.close()
    await classifier.release()
  }
}

type ReadImage =
  | { readonly image: string; readonly read: ReadSample }
  | { readonly image: string; readonly error: string }

async function readInput(reader: SampleReader, image: string): Promise<ReadImage> {
  try {
    return { image, read: await reader.sample({ kind: 'file', path: image }) }
  } catch (error) {
    if (error instanceof TuningError) return { image, error: error.message }
    throw error
  }
}

/** What is asked about images. */
interface Asking {
  readonly model: TunedModel
  readonly classifier: Classifier
  readonly top: number | undefined
  /** Images whose usual rows go through the model at once. */
  readonly batch: number
  readonly write: WriteAnswer | undefined
}

async function* answers(
  asking: Asking,
  images: readonly ReadImage[],
): AsyncGenerator<ImagePrediction, void, void> {
  const found = await answersTo(
    asking,
    images.flatMap((each) => ('read' in each ? [each] : [])),
  )
  const next = found.values()
  for (const each of images) {
    const answer = 'error' in each ? each : next.next().value
    if (answer) yield answer
  }
}

/** Runs the model on all readable images of a part at once. */
async function answersTo(
  { model, classifier, top, batch, write }: Asking,
  images: readonly { readonly image: string; readonly read: ReadSample }[],
): Promise<ImageAnswer[]> {
  if (images.length === 0) return []
  const { task, settings, network } = model
  const rows = images.reduce((sum, { read }) => sum + read.rows, 0)
  const pixels = joinFloats(images.map(({ read }) => read.images))
  const sample = sampleOf(settings)
  const { outputs, masks } = await classifyBatch(classifier, sample, { images: pixels, rows, size: batch })
  const whole = sample.join(outputs, images.length)
  const { perGate } = classifier.gates
  const decisions = perGate.reduce((sum, count) => sum + count, 0)
  const found: ImageAnswer[] = []
  const firsts = firstRows(images.map(({ read }) => read.place))
  let at = 0
  for (const [i, { image, read }] of images.entries()) {
    const { row, place } = present(firsts[i], 'the row of an image')
    const answer = task.answer.of(whole, row, model, { top, place })
    const end = at + decisions * imageRows(network.sample, read.rows)
    const activeRate = masks ? mean(sharesOf(masks.subarray(at, end), perGate)) : 1
    at = end
    const files = await write?.(image, answer)
    found.push({ image, ...(task.answer.json?.(answer) ?? answer), activeRate, ...(files && { files }) })
  }
  return found
}

const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length
