import type { Random } from '@dynamic-tuning/engine'
import type { Pixels } from '../../sources/pixels.ts'

/** Brightness of a pixel as in PIL: (299 r + 587 g + 114 b) / 1000, rounded. */
function grey(r: number, g: number, b: number): number {
  return (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16
}

/** base + factor (value - base) in single precision, as PIL computes it, rounded down. */
function stretch(base: number, value: number, factor: number): number {
  return Math.trunc(Math.fround(base + Math.fround(Math.fround(factor) * (value - base))))
}

/** y = x * factor. */
export function brightness(image: Pixels, factor: number): Pixels {
  return mapBytes(image, (value) => stretch(0, value, factor))
}

/** Moves colours away from (factor > 1) or towards (factor < 1) the mean grey of the image. */
export function contrast(image: Pixels, factor: number): Pixels {
  const { data } = image
  let sum = 0
  for (let i = 0; i < data.length; i += 3) {
    sum += grey(data[i] as number, data[i + 1] as number, data[i + 2] as number)
  }
  const mean = Math.floor((sum * 3) / data.length + 0.5)
  return mapBytes(image, (value) => stretch(mean, value, factor))
}

/** Moves colours away from (factor > 1) or towards (factor < 1) each pixel's own grey. */
export function saturation({ width, height, data }: Pixels, factor: number): Pixels {
  const out = new Uint8ClampedArray(data.length)
  for (let i = 0; i < data.length; i += 3) {
    const own = grey(data[i] as number, data[i + 1] as number, data[i + 2] as number)
    for (let c = i; c < i + 3; c++) out[c] = stretch(own, data[c] as number, factor)
  }
  return { width, height, data: new Uint8Array(out.buffer) }
}

/**
 * Moves colours away from (factor > 1) or towards (factor < 1) the image smoothed by
 * [1 1 1; 1 5 1; 1 1 1] / 13; border pixels do not change.
 */
export function sharpness({ width, height, data }: Pixels, factor: number): Pixels {
  const out = new Uint8ClampedArray(data)
  const row = width * 3
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * row + 3; i < (y + 1) * row - 3; i++) {
      let sum = 4 * (data[i] as number)
      for (let dy = -row; dy <= row; dy += row) {
        sum += (data[i + dy - 3] as number) + (data[i + dy] as number) + (data[i + dy + 3] as number)
      }
      const smooth = Math.floor(sum / 13 + 0.5)
      out[i] = stretch(smooth, data[i] as number, factor)
    }
  }
  return { width, height, data: new Uint8Array(out.buffer) }
}

/** Changes brightness, contrast and saturation, each by a factor from [1 - amount, 1 + amount]. */
export function colorJitter(image: Pixels, amount: number, draw: Random): Pixels {
  const factor = (): number => 1 - amount + 2 * amount * draw.uniform()
  return saturation(contrast(brightness(image, factor()), factor()), factor())
}

/** Applies `change` to every byte through a table, limited to 0 ... 255 and rounded down. */
export function mapBytes({ width, height, data }: Pixels, change: (value: number) => number): Pixels {
  const table = Uint8ClampedArray.from({ length: 256 }, (_, value) => Math.trunc(change(value)))
  const out = new Uint8Array(data.length)
  for (let i = 0; i < data.length; i++) out[i] = table[data[i] as number] as number
  return { width, height, data: out }
}
