import type { Random } from '@dynamic-tuning/engine'
import type { Pixels } from '../../sources/pixels.ts'
import { fromHsv, toHsv } from './hsv.ts'

/** Changes of a picture's colours; those that are undefined are left out. */
export interface ColourChanges {
  /** Added to every value. */
  readonly brightness?: number | undefined
  /** Factor of every value. */
  readonly contrast?: number | undefined
  /** True for contrast before saturation and hue, false for after them. */
  readonly contrastFirst: boolean
  /** Factor of the saturation. */
  readonly saturation?: number | undefined
  /** Added to the hue, whose circle has 180 steps. */
  readonly hue?: number | undefined
}

/** Draws changes as mmsegmentation's PhotoMetricDistortion: each with chance 1/2. */
export function drawColourChanges(draw: Random): ColourChanges {
  const maybe = (value: () => number): number | undefined => (draw.integer(2) === 1 ? value() : undefined)
  const between = (low: number, high: number): number => low + (high - low) * draw.uniform()
  const factor = (): number => between(0.5, 1.5)
  return {
    brightness: maybe(() => between(-32, 32)),
    contrastFirst: draw.integer(2) === 1,
    contrast: maybe(factor),
    saturation: maybe(factor),
    hue: maybe(() => draw.integer(36) - 18),
  }
}

/**
 * Changes the colours of a picture of bytes: brightness, contrast, saturation, hue, or contrast last. Sums
 * and products are made in float32, clipped to 0 to 255 and cut to whole numbers, as in mmsegmentation.
 */
export function changeColours(image: Pixels, changes: ColourChanges): Pixels {
  const { brightness, contrast, contrastFirst, saturation, hue } = changes
  const contrasted = (picture: Pixels): Pixels =>
    contrast === undefined ? picture : throughTable(picture, tableOf(contrast, 0))
  let changed = brightness === undefined ? image : throughTable(image, tableOf(1, brightness))
  if (contrastFirst) changed = contrasted(changed)
  if (saturation !== undefined) changed = fromHsv(throughTable(toHsv(changed), tableOf(saturation, 0), 1))
  if (hue !== undefined) changed = fromHsv(throughTable(toHsv(changed), turned(hue), 0))
  return contrastFirst ? changed : contrasted(changed)
}

/** Each byte times a factor plus a summand. */
function tableOf(factor: number, summand: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => {
    const value = Math.fround(Math.fround(byte * Math.fround(factor)) + Math.fround(summand))
    return Math.trunc(Math.min(Math.max(value, 0), 255))
  })
}

/** Each hue turned by some steps of its circle. */
function turned(steps: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, hue) => (((hue + steps) % 180) + 180) % 180)
}

/** Replaces every value of a picture, or of one channel, by that of a table. */
function throughTable({ width, height, data }: Pixels, table: Uint8Array, channel?: number): Pixels {
  const out = new Uint8Array(data)
  const step = channel === undefined ? 1 : 3
  for (let i = channel ?? 0; i < out.length; i += step) out[i] = table[data[i] ?? 0] ?? 0
  return { width, height, data: out }
}
