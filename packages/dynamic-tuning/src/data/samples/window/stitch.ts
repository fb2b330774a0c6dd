import type { Size } from '../../sources/decode.ts'
import type { WindowPart } from './place.ts'
import { type Planes, resizePlanes } from './planes.ts'

/** Logits of windows, [R, K, h, w]: what a model gives for rows of a batch. */
export interface WindowLogits {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/**
 * Logits of a picture at one scale from those of its windows, as mmsegmentation's sliding inference: each
 * window is resized to its pixels, and overlapping ones are averaged. Logits are averaged, not probabilities.
 * What a window has beyond the picture's edge is left out.
 * @param first row of the part's first window
 * @param window size of a window in pixels
 */
export function stitchPart(logits: WindowLogits, first: number, part: WindowPart, window: Size): Planes {
  const [, channels = 0, rows = 0, columns = 0] = logits.shape
  const { width, height } = part.resized
  const length = channels * rows * columns
  const sum = new Float32Array(channels * width * height)
  const windows = new Float32Array(width * height)
  for (const [i, { left, top }] of part.windows.entries()) {
    const data = logits.data.subarray((first + i) * length, (first + i + 1) * length)
    const own = resizePlanes({ channels, width: columns, height: rows, data }, window)
    const [right, bottom] = [Math.min(left + window.width, width), Math.min(top + window.height, height)]
    for (let y = top; y < bottom; y++)
      for (let x = left; x < right; x++) {
        const [to, from] = [y * width + x, (y - top) * window.width + x - left]
        windows[to] = (windows[to] ?? 0) + 1
        for (let channel = 0; channel < channels; channel++) {
          const at = channel * width * height + to
          sum[at] = (sum[at] ?? 0) + (own.data[channel * window.width * window.height + from] ?? Number.NaN)
        }
      }
  }
  for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] ?? 0) / (windows[at % (width * height)] ?? 1)
  return { channels, width, height, data: sum }
}
