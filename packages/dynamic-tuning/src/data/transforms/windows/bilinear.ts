import { roundHalfEven } from '../../round-half-even.ts'
import type { Size } from '../../sources/decode.ts'
import type { Pixels } from '../../sources/pixels.ts'
import type { Box } from '../resize.ts'

/** Weights are integers in units of 2^-11, as in OpenCV. */
const one = 2048

/** Neighbours and weights of outputs along an axis. */
interface Neighbours {
  /** Index of the first neighbour and of the second. */
  readonly low: Int32Array
  readonly high: Int32Array
  readonly lowWeight: Int32Array
  readonly highWeight: Int32Array
}

/**
 * Output i of `to` reads position (i + 0.5) from / to - 0.5, in float32. Beyond the edge a column is the edge
 * pixel alone; a row keeps its two weights, on the same row twice.
 */
function neighbours(from: number, to: number, start: number, count: number, axis: 'columns' | 'rows') {
  const found: Neighbours = {
    low: new Int32Array(count),
    high: new Int32Array(count),
    lowWeight: new Int32Array(count),
    highWeight: new Int32Array(count),
  }
  const scale = from / to
  const last = from - 1
  for (let i = 0; i < count; i++) {
    const position = Math.fround((start + i + 0.5) * scale - 0.5)
    const floor = Math.floor(position)
    const outside = axis === 'columns' && (floor < 0 || floor >= last)
    const share = outside ? 0 : Math.fround(position - floor)
    found.low[i] = Math.min(Math.max(floor, 0), last)
    found.high[i] = Math.min(Math.max(floor + 1, 0), last)
    found.lowWeight[i] = roundHalfEven(Math.fround(1 - share) * one)
    found.highWeight[i] = roundHalfEven(share * one)
  }
  return found
}

/**
 * Resizes a picture bilinearly to `size`, or only the part `window` of the result. Not widened where it
 * shrinks: OpenCV's `INTER_LINEAR` of bytes, exact to the bit, which mmsegmentation uses.
 */
export function resizeBilinear(
  image: Pixels,
  size: Size,
  window: Box = { left: 0, top: 0, ...size },
): Pixels {
  if (image.width === size.width && image.height === size.height) return cut(image, window)
  const across = neighbours(image.width, size.width, window.left, window.width, 'columns')
  const down = neighbours(image.height, size.height, window.top, window.height, 'rows')
  const stride = window.width * 3
  const out = new Uint8Array(window.height * stride)
  const lines = lineReader(image, across)
  for (let y = 0; y < window.height; y++) {
    const above = lines(down.low[y] ?? 0)
    const below = lines(down.high[y] ?? 0)
    const [w0, w1] = [down.lowWeight[y] ?? 0, down.highWeight[y] ?? 0]
    const start = y * stride
    for (let i = 0; i < stride; i++) {
      const upper = (w0 * (above[i] ?? 0)) >> 16
      const lower = (w1 * (below[i] ?? 0)) >> 16
      out[start + i] = (upper + lower + 2) >> 2
    }
  }
  return { width: window.width, height: window.height, data: out }
}

/** Interpolates rows of the picture along the columns, in units of 2^-7; the two last ones are kept. */
function lineReader({ width, data }: Pixels, { low, high, lowWeight, highWeight }: Neighbours) {
  const make = (row: number, line: Int32Array): void => {
    const start = row * width * 3
    for (let x = 0, at = 0; x < low.length; x++) {
      const [left, right] = [start + (low[x] ?? 0) * 3, start + (high[x] ?? 0) * 3]
      const [w0, w1] = [lowWeight[x] ?? 0, highWeight[x] ?? 0]
      for (let c = 0; c < 3; c++, at++)
        line[at] = ((data[left + c] ?? 0) * w0 + (data[right + c] ?? 0) * w1) >> 4
    }
  }
  let older = { row: -1, line: new Int32Array(low.length * 3) }
  let newer = { row: -1, line: new Int32Array(low.length * 3) }
  return (row: number): Int32Array => {
    if (older.row === row || newer.row === row) return older.row === row ? older.line : newer.line
    ;[older, newer] = [newer, { row, line: older.line }]
    make(row, newer.line)
    return newer.line
  }
}

/** A part of a picture, as a copy unless it is the whole. */
export function cut(image: Pixels, { left, top, width, height }: Box): Pixels {
  if (left === 0 && top === 0 && width === image.width && height === image.height) return image
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * image.width + left) * 3
    data.set(image.data.subarray(start, start + width * 3), y * width * 3)
  }
  return { width, height, data }
}
