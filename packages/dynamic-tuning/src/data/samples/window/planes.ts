import type { Size } from '../../sources/decode.ts'

/** C channels of values over a picture: channel by channel, row by row. */
export interface Planes extends Size {
  readonly channels: number
  readonly data: Float32Array
}

/** Neighbours of one output along an axis, and the share of the second. */
interface Neighbours {
  readonly low: number
  readonly high: number
  readonly share: number
}

/** Output i of m reads position max((i + 0.5) n / m - 0.5, 0) of n values. */
function neighbours(count: number, size: number): Neighbours[] {
  return Array.from({ length: count }, (_, i) => {
    const position = Math.max(((i + 0.5) * size) / count - 0.5, 0)
    const low = Math.min(Math.floor(position), size - 1)
    return { low, high: Math.min(low + 1, size - 1), share: position - low }
  })
}

/** Bilinear interpolation, not widened where it shrinks, as `resize` of the engine. */
export function resizePlanes(planes: Planes, { width, height }: Size): Planes {
  if (planes.width === width && planes.height === height) return planes
  const { channels, data } = planes
  const [columns, rows] = [neighbours(width, planes.width), neighbours(height, planes.height)]
  const resized = new Float32Array(channels * width * height)
  let at = 0
  for (let channel = 0; channel < channels; channel++) {
    const start = channel * planes.width * planes.height
    for (const { low, high, share } of rows) {
      const [top, bottom] = [start + low * planes.width, start + high * planes.width]
      for (const column of columns) {
        const above = between(data, top, column)
        resized[at++] = above + (between(data, bottom, column) - above) * share
      }
    }
  }
  return { channels, width, height, data: resized }
}

function between(data: Float32Array, row: number, { low, high, share }: Neighbours): number {
  const left = data[row + low] ?? Number.NaN
  return left + ((data[row + high] ?? Number.NaN) - left) * share
}

/** The channel with the largest value at each pixel, the first of equal ones, row by row. */
export function largestChannels({ channels, width, height, data }: Planes): Uint16Array<ArrayBuffer> {
  const pixels = width * height
  const best = new Uint16Array(pixels)
  const largest = data.slice(0, pixels)
  for (let channel = 1; channel < channels; channel++)
    for (let pixel = 0; pixel < pixels; pixel++) {
      const value = data[channel * pixels + pixel] ?? Number.NaN
      if (!(value > (largest[pixel] ?? Number.NaN))) continue
      largest[pixel] = value
      best[pixel] = channel
    }
  return best
}
