import type { Random } from '@dynamic-tuning/engine'
import { pick } from '../../pick.ts'
import type { Pixels } from '../../sources/pixels.ts'
import { affine, rotation, shear, translation } from './affine.ts'
import { brightness, contrast, saturation, sharpness } from './colour.ts'
import { autoContrast, equalize, posterize, solarize } from './histogram.ts'

/** An operation at a strength from 0 to 1, in one of two directions (-1 or 1). */
type Operation = (image: Pixels, strength: number, direction: number) => Pixels

/** Largest shift, as a share of the side: 32 of 224 pixels. */
const shift = 32 / 224

/** The operations of TrivialAugmentWide (arXiv:2103.10158, table 1) and their ranges. */
export const trivialOperations: Readonly<Record<string, Operation>> = {
  identity: (image) => image,
  shearX: (image, s, d) => affine(image, shear(0.99 * s * d, 0)),
  shearY: (image, s, d) => affine(image, shear(0, 0.99 * s * d)),
  translateX: (image, s, d) => affine(image, translation(Math.trunc(shift * image.width * s) * d, 0)),
  translateY: (image, s, d) => affine(image, translation(0, Math.trunc(shift * image.height * s) * d)),
  rotate: (image, s, d) => affine(image, rotation(135 * s * d)),
  brightness: (image, s, d) => brightness(image, 1 + 0.99 * s * d),
  saturation: (image, s, d) => saturation(image, 1 + 0.99 * s * d),
  contrast: (image, s, d) => contrast(image, 1 + 0.99 * s * d),
  sharpness: (image, s, d) => sharpness(image, 1 + 0.99 * s * d),
  posterize: (image, s) => posterize(image, 8 - Math.round(6 * s)),
  solarize: (image, s) => solarize(image, 255 * (1 - s)),
  autoContrast,
  equalize,
}

const bins = 31
const operations = Object.values(trivialOperations)

/** Applies one random operation at one of 31 strengths. */
export function trivialAugment(image: Pixels, draw: Random): Pixels {
  const operation = pick(operations, draw)
  const strength = draw.integer(bins) / (bins - 1)
  const direction = draw.uniform() < 0.5 ? -1 : 1
  return operation(image, strength, direction)
}
