import { type ImageSource, sourceName } from '../../data/example.ts'
import { type SampleReader, sampleReader } from '../../data/samples/reader.ts'
import { sampleOf } from '../../data/samples/registry.ts'
import type { Pixels } from '../../data/sources/pixels.ts'
import { createTransform } from '../../data/transforms/transforms.ts'
import type { Classifier } from '../../evaluation/classifier.ts'
import { classifyBatch } from '../../evaluation/classify-batch.ts'
import { ActivityTally, type GateActivity } from '../../evaluation/gate-activity.ts'
import type { Portrait, View } from '../../evaluation/picture.ts'
import { layerAt } from '../../models/families.ts'
import { present } from '../../present.ts'
import { animation, clipSheet, type FrameTokens } from '../../report/clip-sheet.ts'
import { type LayerTokens, type StripOptions, tokenStrip } from '../../report/token-strip.ts'
import type { TunedModel } from '../tuned-run.ts'

/** An image to explain, and what is known about it. */
export interface ImageToExplain {
  readonly source: ImageSource
  readonly truth?: unknown
}

/** The model's result for one image. */
export interface ExplainedImage {
  readonly source: ImageSource
  /** File, or name of the drawing. */
  readonly image: string
  /** The model's answer beside the truth. */
  readonly portrait: Portrait
  /** Views to show beside the picture. */
  readonly views: readonly View[]
  /** Decisions of each gate, 0 or 1: [D, n], for a clip [T, D, n]; undefined without dispatch. */
  readonly masks: Float32Array | undefined
}

/** Longer side of the pictures in a strip, in pixels. */
const tile = 208
/** Longer side in an animation, and the time per frame. */
const [animatedTile, frameMs] = [160, 250]
/**
 * Largest aspect ratio: longer images would make tokens too flat and are shown as the model
 * sees them, squashed.
 */
const longest = 3

/**
 * Runs the model on images one after the other and keeps the active tokens. @throws DataError
 * for unreadable ones
 */
export async function explainImages(
  model: TunedModel,
  classifier: Classifier,
  images: readonly ImageToExplain[],
): Promise<ExplainedImage[]> {
  const reader = sampleReader({ ...model.settings, views: undefined }, model.transform)
  try {
    const explained: ExplainedImage[] = []
    for (const each of images) explained.push(await explain(model, classifier, reader, each))
    return explained
  } finally {
    reader.close()
  }
}

async function explain(
  model: TunedModel,
  classifier: Classifier,
  reader: SampleReader,
  { source, truth: stored }: ImageToExplain,
): Promise<ExplainedImage> {
  const { images, rows, place, truth } = await reader.sample(source, stored)
  const sample = sampleOf(model.settings)
  const { outputs, masks } = await classifyBatch(classifier, sample, { images, rows, size: 1 })
  const { answer, picture } = model.task
  const said = answer.of(outputs, 0, model, { place })
  const portrait = picture.portrait(said, truth, model)
  const views = picture.views?.(said, truth, model) ?? []
  return { source, image: sourceName(source), portrait, views, masks }
}

/**
 * PNG of an image, or of a clip's frames: the active tokens in some layers (numbered from 0), and in how many
 * layers each token was active.
 */
export async function stripOf(
  model: TunedModel,
  { source, masks, views }: Pick<ExplainedImage, 'source' | 'masks' | 'views'>,
  options: Pick<StripOptions, 'show' | 'caption'> = {},
): Promise<Uint8Array> {
  const sample = sampleOf(model.settings)
  if (sample.moving)
    return clipSheet(await framesOf(model, { source, masks }), options.show && { show: options.show })
  const [only] = await sample.pictures(source, tile)
  const picture = pictureOf(model, present(only, 'the picture of an image').picture)
  return tokenStrip(picture, masks ? layersOf(model, masks) : [], { tile, views, ...options })
}

/** Animated WebP of a clip: a strip for every frame. */
export async function animationOf(
  model: TunedModel,
  image: Pick<ExplainedImage, 'source' | 'masks'>,
  options: Pick<StripOptions, 'show'> = {},
): Promise<Uint8Array> {
  const strips: Uint8Array[] = []
  for (const { frame, number, layers } of await framesOf(model, image))
    strips.push(
      await tokenStrip(frame, layers, { tile: animatedTile, caption: `frame ${number}`, ...options }),
    )
  return animation(strips, frameMs)
}

/** The frames of a clip that the model sees, with the gates' decisions for each. */
async function framesOf(
  model: TunedModel,
  { source, masks }: Pick<ExplainedImage, 'source' | 'masks'>,
): Promise<FrameTokens[]> {
  const { transform, config } = model
  const shown = await sampleOf(model.settings).pictures(source, animatedTile)
  const finer = Math.max(1, Math.round(animatedTile / Math.max(...config.imageSize)))
  const view = createTransform({
    ...transform,
    height: transform.height * finer,
    width: transform.width * finer,
  })
  const row = masks ? masks.length / shown.length : 0
  return shown.map(({ picture, number }, t) => ({
    number,
    frame: view.prepare(picture),
    layers: masks ? layersOf(model, masks.subarray(t * row, (t + 1) * row)) : [],
  }))
}

/** How often each gate was open, over some images. */
export function activityOf({ network }: TunedModel, images: readonly ExplainedImage[]): GateActivity[] {
  const { sites, perGate } = network.gates
  const tally = new ActivityTally(sites, perGate)
  for (const { masks } of images) if (masks) tally.add(masks)
  return tally.result()
}

/** The active tokens of each gate; a gate that decides on the whole image has all or none. */
function layersOf({ config, network }: TunedModel, masks: Float32Array): LayerTokens[] {
  const { sites, perGate } = network.gates
  const several = new Set(sites.map(({ part }) => part)).size > 1
  let start = 0
  return sites.map(({ layer, part }, gate) => {
    const [rows, columns] = layerAt(config, layer).grid
    const own = masks.subarray(start, start + (perGate[gate] as number))
    start += own.length
    const values = own.length === 1 ? new Float32Array(rows * columns).fill(own[0] as number) : own
    return { layer, ...(several && { part }), grid: { values, rows, columns } }
  })
}

/** The part of an image that the model sees, in its own proportions and at the resolution of a strip. */
function pictureOf({ transform }: TunedModel, image: Pixels): Pixels {
  const long = Math.max(image.width, image.height) / Math.min(image.width, image.height)
  if (transform.resize === 'squash' && long <= longest) return image
  const finer = Math.max(1, Math.round(tile / Math.max(transform.height, transform.width)))
  const { height, width } = transform
  return createTransform({ ...transform, height: height * finer, width: width * finer }).prepare(image)
}

/**
 * The `count` most informative images: right answers and wrong ones (a third, if there are as many), from as
 * many groups as possible. The choice is deterministic.
 */
export function tellingImages<T extends Pick<ExplainedImage, 'portrait'>>(
  images: readonly T[],
  count: number,
): T[] {
  const right = groupsInTurn(images.filter(({ portrait }) => portrait.right))
  const wrong = groupsInTurn(images.filter(({ portrait }) => !portrait.right))
  const wanted = Math.max(Math.floor(count / 3), count - right.length)
  const shown = wrong.slice(0, wanted)
  return [...right.slice(0, count - shown.length), ...shown]
}

/** The first of each group, then the second of each, and so on. */
function groupsInTurn<T extends Pick<ExplainedImage, 'portrait'>>(images: readonly T[]): T[] {
  const seen = new Map<string, number>()
  const turns = images.map((image) => {
    const { group } = image.portrait
    const turn = seen.get(group) ?? 0
    seen.set(group, turn + 1)
    return { image, turn }
  })
  return turns.toSorted((a, b) => a.turn - b.turn).map(({ image }) => image)
}
