import { type Random, random } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { ConfigError } from '../../errors.ts'
import type { Size } from '../sources/decode.ts'
import type { Pixels } from '../sources/pixels.ts'
import { colorJitter } from './augment/colour.ts'
import { randomCrop, randomResizedCrop, type ShortSide, shortSideJitter } from './augment/crop.ts'
import { erase } from './augment/erase.ts'
import { flip } from './augment/flip.ts'
import { type RandAugment, randAugment } from './augment/rand-augment.ts'
import { trivialAugment } from './augment/trivial.ts'
import { type Resize, resize } from './resize.ts'

/** Random changes to training images, applied in the order of the fields. Plain JSON. */
export interface AugmentSettings {
  /** A random box of a share of the area and an aspect ratio (width / height), resized (torchvision's RandomResizedCrop). */
  readonly randomResizedCrop?: {
    readonly scale: readonly [number, number]
    readonly ratio: readonly [number, number]
  }
  /** Without `randomResizedCrop`: the shorter side becomes size times a factor of this range, then a random box is taken. */
  readonly shortSideJitter?: ShortSide
  /** Without either: shift the resized image by up to `padding` pixels each way; black comes in. */
  readonly randomCrop?: { readonly padding: number }
  /** Mirror left to right, half of the time. */
  readonly flip?: boolean
  /** Some random operations of about one strength (RandAugment, arXiv:1909.13719). */
  readonly randAugment?: RandAugment
  /** One random operation of random strength per image (TrivialAugmentWide, arXiv:2103.10158). */
  readonly trivialAugment?: boolean
  /** Brightness, contrast and saturation each times a factor in [1 - colorJitter, 1 + colorJitter]. */
  readonly colorJitter?: number
  /** Chance that a rectangle of 2 to 33 % of the area is erased to the mean colour (arXiv:1708.04896). */
  readonly randomErasing?: number
}

/** See `TransformSettings.resize`. */
export const resizeModes = ['squash', 'crop'] as const

/** From a decoded image to the numbers a model reads. Plain JSON. */
export interface TransformSettings {
  /** Size of the result, in pixels. */
  readonly height: number
  readonly width: number
  /** `squash` ignores the aspect ratio; `crop` fits the shorter side to size / `cropRatio` and takes the centre. */
  readonly resize: (typeof resizeModes)[number]
  readonly cropRatio?: number
  /** Per channel, of values in [0, 1]: y = (x - mean) / std. */
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
  randomResizedCrop: z.strictObject({ scale: range(positive.max(1)), ratio: range(positive) }).optional(),
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

/** Which stream of random numbers an example's augmentation draws from: `random(seed, 'augment', epoch, index)`. */
export interface AugmentKey {
  readonly seed: number
  readonly epoch: number
  readonly index: number
}

/** A ready transform. */
export interface Transform {
  readonly settings: TransformSettings
  /** Whether the result does not depend on the key. */
  readonly deterministic: boolean
  /** A source at least this large shows no difference: twice what is looked at (see `decode`). */
  readonly enough: Size
  /** The part of the work that is the same in every epoch (bytes, ready to be cached). */
  prepare(image: Pixels, view?: SpatialView): Pixels
  /** The rest: augments a prepared image and writes it to `out`, normalised, as [3, height, width] from `offset`. */
  finish(image: Pixels, key: AugmentKey, out: Float32Array, offset: number): void
}

/**
 * Makes the transform that `settings` describe.
 * @throws ConfigError if the settings make no sense
 */
export function createTransform(settings: TransformSettings): Transform {
  const checked = transformSchema.safeParse(settings)
  if (!checked.success) throw new ConfigError(`transform: bad settings. ${z.prettifyError(checked.error)}`)
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

/** Twice the size that evaluation resizes to, and no less than the smallest random crop needs. */
function enoughFor({ height, width, resize: mode, cropRatio = 1, augment }: TransformSettings): Size {
  const least = Math.sqrt(augment?.randomResizedCrop?.scale[0] ?? 1)
  const factor = Math.max(2 / (mode === 'crop' ? cropRatio : 1), 1 / least)
  return { height: Math.ceil(height * factor), width: Math.ceil(width * factor) }
}

/** Decoded image to [3, height, width] without augmentation: what a model sees at evaluation. */
export function toInput(image: Pixels, settings: TransformSettings): Float32Array {
  const transform = createTransform({ ...settings, augment: undefined })
  const out = new Float32Array(3 * settings.height * settings.width)
  transform.finish(transform.prepare(image), { seed: 0, epoch: 0, index: 0 }, out, 0)
  return out
}

/** Which of several places along the longer side of an image is looked at, from its start to its end; the middle of one. */
export interface SpatialView {
  readonly view: number
  readonly views: number
}

/**
 * What evaluation shows the model of an image of this size: sizes and centre as timm and torchvision compute them, or with
 * `crop` another place along the longer side.
 */
export function evaluationResize(
  image: { width: number; height: number },
  settings: TransformSettings,
  { view, views }: SpatialView = { view: 0, views: 1 },
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
  const share = views === 1 ? 0.5 : view / (views - 1)
  const top = Math.round(down * (down > across ? share : 0.5))
  const left = Math.round(across * (across >= down ? share : 0.5))
  return { ...full, window: { left, top, width, height } }
}

function augmented(
  image: Pixels,
  settings: TransformSettings,
  augment: AugmentSettings,
  draw: Random,
): Pixels {
  const { height, width } = settings
  let pixels = image
  if (augment.randomResizedCrop)
    pixels = randomResizedCrop(pixels, { height, width }, augment.randomResizedCrop, draw)
  else if (augment.shortSideJitter)
    pixels = shortSideJitter(pixels, { height, width }, augment.shortSideJitter, draw)
  else if (augment.randomCrop) pixels = randomCrop(pixels, augment.randomCrop.padding, draw)
  if (augment.flip && draw.uniform() < 0.5) pixels = flip(pixels)
  if (augment.randAugment) pixels = randAugment(pixels, augment.randAugment, draw)
  if (augment.trivialAugment) pixels = trivialAugment(pixels, draw)
  if (augment.colorJitter) pixels = colorJitter(pixels, augment.colorJitter, draw)
  return pixels
}

/** Bytes to normalised floats, planes apart, through a table of 256 values per channel. */
function normaliser({ mean, std, height, width }: TransformSettings) {
  const tables = mean.map((middle, c) =>
    Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - middle) / (std[c] ?? 1)),
  )
  const plane = height * width
  return ({ data }: Pixels, out: Float32Array, offset: number): void => {
    for (const [c, table] of tables.entries()) {
      const start = offset + c * plane
      for (let i = 0, p = c; i < plane; i++, p += 3) out[start + i] = table[data[p] as number] as number
    }
  }
}
