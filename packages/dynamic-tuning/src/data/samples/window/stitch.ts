import type { Size } from '../../sources/decode.ts'
import type { WindowPart } from './place.ts'
import { type Planes, resizePlanes } from './planes.ts'

/** Logits of windows, [R, K, h, w]: what a model gives for rows of a batch. */
export interface WindowLogits {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** The windows of a part of a picture. */
export interface PartWindows {
  /** Row of the part's first window. */
  readonly first: number
  readonly part: WindowPart
  /** Size of a window in pixels. */
  readonly window: Size
}

/**
 * Logits of a picture at one scale from those of its windows, as mmsegmentation's sliding inference: each
 * window is resized to its pixels, and overlapping ones are averaged. Logits are averaged, not probabilities.
 * What a window has beyond the picture's edge is left out.
 * @param first row of the part's first window
 * @param window size of a window in pixels
 */
export function stitchPart(logits: WindowLogits, first: number, part: WindowPart, window: Size): Planes {
  const [, channels = 0] = logits.shape
  const { width, height } = part.resized
  const data = new Float32Array(channels * width * height)
  const stitch = channelStitcher(logits, { first, part, window })
  for (let channel = 0; channel < channels; channel++)
    data.set(stitch(channel).data, channel * width * height)
  return { channels, width, height, data }
}

/** Stitches one channel after the other: all channels of a large picture need not be held at once. */
export function channelStitcher(
  logits: WindowLogits,
  { first, part, window }: PartWindows,
): (channel: number) => Planes {
  const [, channels = 0, height = 0, width = 0] = logits.shape
  const pixels = height * width
  const { resized } = part
  const count = windowsOver(part, window)
  return (channel) => {
    const sum = new Float32Array(resized.width * resized.height)
    for (const [i, corner] of part.windows.entries()) {
      const start = ((first + i) * channels + channel) * pixels
      const data = logits.data.subarray(start, start + pixels)
      const own = resizePlanes({ channels: 1, width, height, data }, window).data
      const { left, top } = corner
      const [right, bottom] = endOf(corner, window, resized)
      for (let y = top; y < bottom; y++) {
        const [to, from] = [y * resized.width, (y - top) * window.width - left]
        for (let x = left; x < right; x++) sum[to + x] = (sum[to + x] ?? 0) + (own[from + x] ?? Number.NaN)
      }
    }
    for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] ?? 0) / (count[at] ?? 1)
    return { channels: 1, ...resized, data: sum }
  }
}

/** Number of windows over each pixel of a part. */
function windowsOver({ windows, resized }: WindowPart, window: Size): Uint16Array {
  const count = new Uint16Array(resized.width * resized.height)
  for (const corner of windows) {
    const [right, bottom] = endOf(corner, window, resized)
    for (let y = corner.top; y < bottom; y++)
      for (let x = corner.left; x < right; x++) {
        const at = y * resized.width + x
        count[at] = (count[at] ?? 0) + 1
      }
  }
  return count
}

/** Where a window ends, inside the picture. */
function endOf(
  { left, top }: WindowPart['windows'][number],
  window: Size,
  { width, height }: Size,
): [right: number, bottom: number] {
  return [Math.min(left + window.width, width), Math.min(top + window.height, height)]
}
