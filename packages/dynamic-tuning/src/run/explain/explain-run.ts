import { mkdirSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import type { CompileOptions } from '@dynamic-tuning/engine'
import { openDataset } from '../../data/dataset.ts'
import { drawExamples } from '../../data/draw-examples.ts'
import { sampleOf } from '../../data/samples/registry.ts'
import { ConfigError, DataError, RunError } from '../../errors.ts'
import type { Classifier } from '../../evaluation/classifier.ts'
import { type GateActivity, meanRate, ratePerLayer } from '../../evaluation/gate-activity.ts'
import { writeAside } from '../../io/write-aside.ts'
import { depthOf } from '../../models/families.ts'
import type { TunedRun } from '../tuned-run.ts'
import {
  activityOf,
  animationOf,
  type ExplainedImage,
  explainImages,
  type ImageToExplain,
  stripOf,
  tellingImages,
} from './explain-images.ts'

/** The images to explain, and where pictures are written. */
export interface ExplainSettings {
  /** Image files. Default: some of the run's test images. */
  readonly images?: readonly string[] | undefined
  /** Layers to show, from 0. Default: four from the first to the last. */
  readonly layers?: readonly number[] | undefined
  /** Folder of the pictures. Default: `explain` in the run folder. */
  readonly out?: string | undefined
  /** Number of test images with a picture if no files are given. Default 6. */
  readonly pictures?: number | undefined
  readonly compile?: CompileOptions
}

/** A picture that was written. It also has the fields of the task's portrait, such as the predicted class. */
export interface ExplainedPicture {
  readonly image: string
  /**
   * PNG with the image, or the frames of a clip, its active tokens in several layers, and in how many layers
   * each token was active.
   */
  readonly file: string
  /** For a clip: animated WebP with such a picture for every frame. */
  readonly animation?: string
  readonly activeRatePerLayer: readonly number[]
}

/** Which tokens a run uses, over all images examined. */
export interface Explanation {
  readonly run: string
  readonly method: string
  readonly images: number
  readonly activeRate: number
  readonly activeRatePerLayer: readonly number[]
  /** Each dispatcher by itself. */
  readonly gates: readonly GateActivity[]
  readonly pictures: readonly ExplainedPicture[]
  /** Images that could not be read. */
  readonly errors: readonly { readonly image: string; readonly error: string }[]
}

/** Largest number of test images examined. */
const mostImages = 100

/**
 * Makes pictures of the tokens that a run's dispatchers let through.
 * @throws ConfigError for a method without dispatch and unknown layers; RunError if pictures
 * cannot be written
 * @example
 * ```ts
 * import { explainRun, openRun } from 'dynamic-tuning'
 *
 * const { pictures } = await explainRun(openRun('runs/photos'), { images: ['new-picture.jpg'] })
 * console.log(pictures.map(({ file }) => file))
 * ```
 */
export async function explainRun(run: TunedRun, settings: ExplainSettings = {}): Promise<Explanation> {
  checkRun(run, settings.layers ?? [])
  const { images: files = [], pictures = 6, compile, out = join(run.path, 'explain') } = settings
  const classifier = await run.classifier('skip', compile)
  try {
    const errors: { image: string; error: string }[] = []
    const explained =
      files.length > 0
        ? await readable(run, classifier, files, errors)
        : await explainImages(run, classifier, await testImages(run))
    const shown = files.length > 0 ? explained : tellingImages(explained, pictures)
    const gates = activityOf(run, explained)
    return {
      run: run.path,
      method: run.network.tuner.name,
      images: explained.length,
      activeRate: meanRate(gates),
      activeRatePerLayer: ratePerLayer(gates, depthOf(run.config)),
      gates,
      pictures: await writePictures(run, shown, out, settings.layers),
      errors,
    }
  } finally {
    await classifier.release()
  }
}

function checkRun({ network, settings, config, path }: TunedRun, layers: readonly number[]): void {
  if (settings.dispatch === 'none') {
    const { reduction } = settings
    const why = reduction === 'none' ? 'which skips no tokens' : `whose ${reduction} has no gates to show`
    throw new ConfigError(`explain: ${path} was tuned with ${network.tuner.name}, ${why}. Name a run of dyt.`)
  }
  const unknown = layers.find((layer) => !Number.isInteger(layer) || layer < 0 || layer >= depthOf(config))
  if (unknown !== undefined)
    throw new ConfigError(
      `explain: there is no layer ${unknown}, the model has 0 to ${depthOf(config) - 1}. Choose among these.`,
    )
}

async function testImages({ settings, task }: TunedRun): Promise<readonly ImageToExplain[]> {
  const { test } = task.truth.of(await openDataset(settings.data, settings))
  return drawExamples(test, mostImages, settings.seed, 'pictures')
}

/** One unreadable image must not stop the others. */
async function readable(
  run: TunedRun,
  classifier: Classifier,
  files: readonly string[],
  errors: { image: string; error: string }[],
): Promise<ExplainedImage[]> {
  const explained: ExplainedImage[] = []
  for (const path of files) {
    try {
      explained.push(...(await explainImages(run, classifier, [{ source: { kind: 'file', path } }])))
    } catch (error) {
      if (!(error instanceof DataError)) throw error
      errors.push({ image: path, error: error.message })
    }
  }
  if (explained.length > 0) return explained
  throw new DataError(`explain: none of the ${files.length} images can be read. ${errors[0]?.error}`)
}

async function writePictures(
  run: TunedRun,
  images: readonly ExplainedImage[],
  out: string,
  show: readonly number[] | undefined,
): Promise<ExplainedPicture[]> {
  try {
    mkdirSync(out, { recursive: true })
  } catch (error) {
    throw new RunError(`explain: cannot make ${out}, got ${(error as Error).message}. Choose another place.`)
  }
  const pictures: ExplainedPicture[] = []
  for (const [i, image] of images.entries()) {
    const { fields, slug = nameOf(image.image) } = image.portrait
    const file = join(out, `${String(i + 1).padStart(2, '0')}-${fileWord(slug)}.png`)
    writeAside(file, await stripOf(run, image, show && { show }))
    const animated = sampleOf(run.settings).moving && file.replace(/png$/, 'webp')
    if (animated) writeAside(animated, await animationOf(run, image, show && { show }))
    pictures.push({
      image: image.image,
      file,
      ...(animated && { animation: animated }),
      ...fields,
      activeRatePerLayer: ratePerLayer(activityOf(run, [image]), depthOf(run.config)),
    })
  }
  return pictures
}

const nameOf = (path: string): string => basename(path, extname(path))

/** A class or file name as part of a file name. */
const fileWord = (name: string): string => name.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 40) || 'image'
