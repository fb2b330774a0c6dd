import type { Size } from '../../sources/decode.ts'

/** Limits of a picture's longer and shorter side, in pixels. */
export interface SideLimits {
  readonly long: number
  readonly short: number
}

/**
 * Size of a picture that is as large as both limits allow, its proportions kept, as mmcv's `rescale_size`:
 * the limits are multiplied by `ratio` and cut to whole numbers, sides are rounded half up. (2048, 512)
 * makes the shorter side 512 unless the longer one is more than four times as long.
 */
export function scaledSize({ width, height }: Size, { long, short }: SideLimits, ratio = 1): Size {
  const factor = Math.min(
    Math.floor(long * ratio) / Math.max(width, height),
    Math.floor(short * ratio) / Math.min(width, height),
  )
  const side = (length: number): number => Math.max(1, Math.floor(length * factor + 0.5))
  return { width: side(width), height: side(height) }
}
