import { type Random, random } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { ConfigError } from '../../errors.ts'
import { issuesOf } from '../../issues-of.ts'
import { roundHalfEven } from '../round-half-even.ts'
import type { Size } from '../sources/decode.ts'
import type { Pixels } from '../sources/pixels.ts'
import { colorJitter } from './augment/colour.ts'
import {
  type CropRange,
  randomCrop,
  randomResizedCrop,
  type ShortSide,
  shortSideJitter,
} from './augment/crop.ts'
import { erase } from './augment/erase.ts'
import { flip } from './augment/flip.ts'
import { type RandAugment, randAugment } from './augment/rand-augment.ts'
import { trivialAugment } from './augment/trivial.ts'
import { normaliser } from './normalise.ts'
import { type Resize, resize } from './resize.ts'

/** Random changes to training images, applied in the order of these fields. Plain JSON. */
export interface AugmentSettings {
  /** Some random operations of similar strength, on the uncropped image (RandAugment, arXiv:1909.13719). */
  readonly randAugment?: RandAugment
  /** A random box, resized (torchvision's RandomResizedCrop). */
  readonly randomResizedCrop?: CropRange
  /**
   * Used without `randomResizedCrop`: resizes the shorter side to size times a random
   * factor, then crops a random box.
   */
  readonly shortSideJitter?: ShortSide
  /**
   * Used without either: shifts the resized image by up to `padding` pixels each way,
   * with black at the border.
   */
  readonly randomCrop?: { readonly padding: number }
  /** Mirrors the image left to right with chance 1/2. */
  readonly flip?: boolean
  /** One random operation of random strength per image (TrivialAugmentWide, arXiv:2103.10158). */
  readonly trivialAugment?: boolean
  /**
   * Changes brightness, contrast and saturation, each by a factor from [1 - colorJitter, 1 + colorJitter].
   */
  readonly colorJitter?: number
  /** Chance of setting a rectangle of 2 to 33 % of the area to the mean colour (arXiv:1708.04896). */
  readonly randomErasing?: number
}

/** See `TransformSettings.resize`. */
export const resizeModes = ['squash', 'crop'] as const

/** How a decoded image is converted to a model's input. Plain JSON. */
export interface TransformSettings {
  /** Size of the result, in pixels. */
  readonly height: number
  readonly width: number
  /**
   * `squash` ignores the aspect ratio; `crop` resizes the shorter side to
   * size / `cropRatio` and crops the centre.
   */
  readonly resize: (typeof resizeModes)[number]
  readonly cropRatio?: number
  /** Per channel, for values in [0, 1]: y = (x - mean) / std. */
  readonly mean: readonly [number, number, number]
  readonly std: readonly [number, number, number]
  readonly augment?: AugmentSettings
}

const share = z.number().min(0).max(1)
const three = z.tuple([z.number(), z.number(), z.number()])
const positive = z.number().positive()
const range = (item: z.ZodNumber) =>
  z.tuple([item, item]).refine(([low, high]) => low <= high, 'low must be <= high')

const augmentSchema = z.strictObject({
  randomResizedCrop: z
    .strictObject({
      scale: range(positive.max(1)),
      ratio: range(positive),
      clamped: z.boolean().optional(),
    })
    .optional(),
  shortSideJitter: range(z.number().min(1)).optional(),
  randAugment: z
    .strictObject({
      magnitude: z.number().min(0).max(10),
      layers: z.int().min(1).max(16),
      deviation: z.number().min(0),
    })
    .optional(),
  randomCrop: z.strictObject({ padding: z.int().min(1) }).optional(),
  flip: z.boolean().optional(),
  trivialAugment: z.boolean().optional(),
  colorJitter: share.optional(),
  randomErasing: share.optional(),
})

/** Checks transform settings read from a file. */
export const transformSchema: z.ZodType<TransformSettings> = z.strictObject({
  height: z.int().min(1).max(8192),
  width: z.int().min(1).max(8192),
  resize: z.enum(resizeModes),
  cropRatio: share.positive().optional(),
  mean: three,
  std: z.tuple([positive, positive, positive]),
  augment: augmentSchema.optional(),
})

/** Key of the random stream of an example's augmentation: `random(seed, 'augment', epoch, index)`. */
export interface AugmentKey {
  readonly seed: number
  readonly epoch: number
  readonly index: number
}

/** A transform with checked settings. */
export interface Transform {
  readonly settings: TransformSettings
  /** True if the result does not depend on the key. */
  readonly deterministic: boolean
  /** Sources of this size or more make no visible difference: twice the evaluated size (see `decode`). */
  readonly enough: Size
  /** The part of the work that is the same in every epoch (bytes, ready to be cached). */
  prepare(image: Pixels, view?: SpatialView): Pixels
  /**
   * The other part: augments a prepared image, normalises it and writes it to `out` as
   * [3, height, width] from `offset`.
   */
  finish(image: Pixels, key: AugmentKey, out: Float32Array, offset: number): void
}

/** Creates a transform. @throws ConfigError if the settings are invalid */
export function createTransform(settings: TransformSettings): Transform {
  const checked = transformSchema.safeParse(settings)
  if (!checked.success) throw new ConfigError(`transform: bad settings. ${issuesOf(checked.error)}`)
  const { augment } = settings
  const normalise = normaliser(settings)
  const cropsSource = augment?.randomResizedCrop !== undefined || augment?.shortSideJitter !== undefined
  return {
    settings,
    deterministic: augment === undefined,
    enough: enoughFor(settings),
    prepare: (image, view) => (cropsSource ? image : resize(image, evaluationResize(image, settings, view))),
    finish(image, { seed, epoch, index }, out, offset) {
      if (!augment) return normalise(image, out, offset)
      const draw = random(seed, 'augment', epoch, index)
      normalise(augmented(image, settings, augment, draw), out, offset)
      if (augment.randomErasing) erase(out, offset, settings, augment.randomErasing, draw)
    },
  }
}

/** Twice the size that evaluation resizes to, but at least what the smallest random crop needs. */
function enoughFor({ height, width, resize: mode, cropRatio = 1, augment }: TransformSettings): Size {
  const least = Math.sqrt(augment?.randomResizedCrop?.scale[0] ?? 1)
  const factor = Math.max(2 / (mode === 'crop' ? cropRatio : 1), 1 / least)
  return { height: Math.ceil(height * factor), width: Math.ceil(width * factor) }
}

/** Converts a decoded image to [3, height, width] without augmentation: a model's input in evaluation. */
export function toInput(image: Pixels, settings: TransformSettings): Float32Array {
  const transform = createTransform({ ...settings, augment: undefined })
  const out = new Float32Array(3 * settings.height * settings.width)
  transform.finish(transform.prepare(image), { seed: 0, epoch: 0, index: 0 }, out, 0)
  return out
}

/**
 * One of `views` equally spaced positions along the longer side of an image; a single view is in the middle.
 */
export interface SpatialView {
  readonly view: number
  readonly views: number
}

/**
 * How evaluation resizes an image of this size. Without a view, sizes and centre are torchvision's; with
 * `crop` a view is at another position along the longer side, the middle one rounded down as in the official
 * implementation of Dynamic Tuning.
 */
export function evaluationResize(
  image: { width: number; height: number },
  settings: TransformSettings,
  view?: SpatialView,
): Resize {
  const { height, width } = settings
  if (settings.resize === 'squash') return { height, width }
  const ratio = settings.cropRatio ?? 1
  const scale = Math.max(Math.floor(height / ratio) / image.height, Math.floor(width / ratio) / image.width)
  const full = {
    height: Math.max(height, Math.trunc(image.height * scale + 1e-6)),
    width: Math.max(width, Math.trunc(image.width * scale + 1e-6)),
  }
  const [down, across] = [full.height - height, full.width - width]
  const top = placeOf(down, down > across ? view : view && middle)
  const left = placeOf(across, across >= down ? view : view && middle)
  return { ...full, window: { left, top, width, height } }
}

const middle: SpatialView = { view: 0, views: 1 }

/** Start of a view along `room` + 1 possible places. */
function placeOf(room: number, view: SpatialView | undefined): number {
  if (view === undefined) return roundHalfEven(room / 2)
  return Math.floor(view.views === 1 ? room / 2 : (room * view.view) / (view.views - 1))
}

function augmented(
  image: Pixels,
  settings: TransformSettings,
  augment: AugmentSettings,
  draw: Random,
): Pixels {
  const { height, width } = settings
  let pixels = augment.randAugment ? randAugment(image, augment.randAugment, draw) : image
  if (augment.randomResizedCrop)
    pixels = randomResizedCrop(pixels, { height, width }, augment.randomResizedCrop, draw)
  else if (augment.shortSideJitter)
    pixels = shortSideJitter(pixels, { height, width }, augment.shortSideJitter, draw)
  else if (augment.randomCrop) pixels = randomCrop(pixels, augment.randomCrop.padding, draw)
  if (augment.flip && draw.uniform() < 0.5) pixels = flip(pixels)
  if (augment.trivialAugment) pixels = trivialAugment(pixels, draw)
  if (augment.colorJitter) pixels = colorJitter(pixels, augment.colorJitter, draw)
  return pixels
}
