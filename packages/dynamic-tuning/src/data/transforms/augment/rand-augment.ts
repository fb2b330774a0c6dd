import type { Random } from '@dynamic-tuning/engine'
import { pick } from '../../pick.ts'
import type { Pixels } from '../../sources/pixels.ts'
import { type Affine, affine, cornerShear, rotation, translation } from './affine.ts'
import { bicubic } from './bicubic.ts'
import { brightness, contrast, saturation, sharpness } from './colour.ts'
import { autoContrast, equalize, invert, posterize, solarize, solarizeAdd } from './histogram.ts'

/** Strength of RandAugment. Plain JSON. */
export interface RandAugment {
  /** m, from 0 (weak) to 10. */
  readonly magnitude: number
  /** n, number of operations per image; each is then applied with chance 1/2. */
  readonly layers: number
  /** Standard deviation of the normally distributed level around m of each operation. */
  readonly deviation: number
}

/** An operation at a level from 0 to 1, in one of two directions (-1 or 1). */
export type ImageOperation = (image: Pixels, level: number, direction: number) => Pixels

/** Pixels from outside are grey 128, as in timm: 0 after normalisation with mean and deviation 0.5. */
const sampler = bicubic(128)
const moved = (image: Pixels, how: Affine): Pixels => affine(image, how, sampler)
/** A factor of 1 changes nothing. */
const enhanced = (level: number, direction: number): number => Math.max(0.1, 1 + 0.9 * level * direction)

/**
 * The operations and ranges of RandAugment in timm, in the variant whose strength increases with the level
 * (`rand-...-inc1`), with bicubic sampling.
 */
export const randOperations: Readonly<Record<string, ImageOperation>> = {
  autoContrast,
  equalize,
  invert,
  rotate: (image, level, d) => moved(image, rotation(30 * level * d)),
  posterize: (image, level) => posterize(image, 4 - Math.trunc(4 * level)),
  solarize: (image, level) => solarize(image, 256 - Math.trunc(256 * level)),
  solarizeAdd: (image, level) => solarizeAdd(image, Math.trunc(110 * level)),
  color: (image, level, d) => saturation(image, enhanced(level, d)),
  contrast: (image, level, d) => contrast(image, enhanced(level, d)),
  brightness: (image, level, d) => brightness(image, enhanced(level, d)),
  sharpness: (image, level, d) => sharpness(image, enhanced(level, d)),
  shearX: (image, level, d) => moved(image, cornerShear(0.3 * level * d, 0, image)),
  shearY: (image, level, d) => moved(image, cornerShear(0, 0.3 * level * d, image)),
  translateX: (image, level, d) => moved(image, translation(0.45 * level * d * image.width, 0)),
  translateY: (image, level, d) => moved(image, translation(0, 0.45 * level * d * image.height)),
}

const operations = Object.values(randOperations)
/** Levels are in tenths. */
const largest = 10

/**
 * Applies `layers` random operations (with replacement), each with chance 1/2 and its own level
 * (arXiv:1909.13719). Images that use the same random stream get the same operations.
 */
export function randAugment(
  image: Pixels,
  { magnitude, layers, deviation }: RandAugment,
  draw: Random,
): Pixels {
  let pixels = image
  for (let layer = 0; layer < layers; layer++) {
    const operation = pick(operations, draw)
    const applied = draw.uniform() < 0.5
    const level = Math.min(largest, Math.max(0, magnitude + deviation * draw.normal())) / largest
    const direction = draw.uniform() < 0.5 ? -1 : 1
    if (applied) pixels = operation(pixels, level, direction)
  }
  return pixels
}
