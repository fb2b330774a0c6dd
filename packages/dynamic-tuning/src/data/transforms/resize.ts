import type { Pixels } from '../sources/pixels.ts'

/**
 * Bicubic is Catmull-Rom (a = -0.5), bilinear the triangle filter. Both get wider
 * when shrinking (antialiasing).
 */
export type Filter = 'bicubic' | 'bilinear'

/** A rectangle in pixels. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/**
 * How to resize an image: `box` of the source becomes `height` x `width`, and only
 * `window` of that is computed.
 */
export interface Resize {
  readonly height: number
  readonly width: number
  readonly box?: Box
  readonly window?: Box
  readonly filter?: Filter
}

const kernels: Record<Filter, { support: number; at: (x: number) => number }> = {
  bicubic: {
    support: 2,
    at: (x) => (x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0),
  },
  bilinear: { support: 1, at: (x) => (x < 1 ? 1 - x : 0) },
}

/** Weights are integers in units of 2^-22, as in PIL, so that results equal PIL's bit for bit. */
const precision = 22
const half = 1 << (precision - 1)

interface Taps {
  readonly size: number
  readonly starts: Int32Array
  readonly counts: Int32Array
  readonly weights: Int32Array
}

/** Source pixels and weights of outputs [from, from + count) when `length` pixels become `size`. */
function taps(length: number, size: number, from: number, count: number, filter: Filter): Taps {
  const { support, at } = kernels[filter]
  const scale = length / size
  const step = Math.max(scale, 1)
  const reach = support * step
  const inverse = 1 / step
  const widest = Math.ceil(reach) * 2 + 1
  const starts = new Int32Array(count)
  const counts = new Int32Array(count)
  const weights = new Int32Array(count * widest)
  const raw = new Float64Array(widest)
  for (let i = 0; i < count; i++) {
    const center = (from + i + 0.5) * scale
    const start = Math.max(Math.trunc(center - reach + 0.5), 0)
    const n = Math.min(Math.trunc(center + reach + 0.5), length) - start
    let sum = 0
    for (let k = 0; k < n; k++) {
      const weight = at(Math.abs((start + k - center + 0.5) * inverse))
      raw[k] = weight
      sum += weight
    }
    starts[i] = start
    counts[i] = n
    for (let k = 0; k < n; k++) weights[i * widest + k] = fixed((raw[k] as number) / sum)
  }
  return { size: widest, starts, counts, weights }
}

/** Rounds half away from zero. */
function fixed(weight: number): number {
  const scaled = weight * (1 << precision)
  return Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
}

/**
 * Resizes an image, or a box of it, with antialiasing: rows first, then columns, with
 * bytes in between (as in PIL).
 */
export function resize(image: Pixels, settings: Resize): Pixels {
  const box = settings.box ?? { left: 0, top: 0, width: image.width, height: image.height }
  const window = settings.window ?? { left: 0, top: 0, width: settings.width, height: settings.height }
  const filter = settings.filter ?? 'bicubic'
  const across = taps(box.width, settings.width, window.left, window.width, filter)
  const down = taps(box.height, settings.height, window.top, window.height, filter)
  const [first = 0] = down.starts
  const [last = 0, lastCount = 0] = [down.starts.at(-1), down.counts.at(-1)]
  const rows = last + lastCount - first
  const narrow = horizontal(image, { ...box, top: box.top + first, height: rows }, window.width, across)
  return { width: window.width, height: window.height, data: vertical(narrow, window, down, first) }
}

function horizontal(
  image: Pixels,
  box: Box,
  width: number,
  { size, starts, counts, weights }: Taps,
): Uint8Array {
  const { data } = image
  const out = new Uint8ClampedArray(box.height * width * 3)
  let o = 0
  for (let y = 0; y < box.height; y++) {
    const row = ((box.top + y) * image.width + box.left) * 3
    for (let x = 0; x < width; x++) {
      let r = half
      let g = half
      let b = half
      let p = row + (starts[x] as number) * 3
      const end = x * size + (counts[x] as number)
      for (let k = x * size; k < end; k++, p += 3) {
        const w = weights[k] as number
        r = (r + Math.imul(data[p] as number, w)) | 0
        g = (g + Math.imul(data[p + 1] as number, w)) | 0
        b = (b + Math.imul(data[p + 2] as number, w)) | 0
      }
      out[o] = r >> precision
      out[o + 1] = g >> precision
      out[o + 2] = b >> precision
      o += 3
    }
  }
  return new Uint8Array(out.buffer)
}

function vertical(rows: Uint8Array, window: Box, down: Taps, first: number): Uint8Array {
  const stride = window.width * 3
  const out = new Uint8ClampedArray(window.height * stride)
  const { size, starts, counts, weights } = down
  let o = 0
  for (let y = 0; y < window.height; y++) {
    const start = ((starts[y] as number) - first) * stride
    const end = y * size + (counts[y] as number)
    for (let i = 0; i < stride; i += 3, o += 3) {
      let r = half
      let g = half
      let b = half
      let p = start + i
      for (let k = y * size; k < end; k++, p += stride) {
        const w = weights[k] as number
        r = (r + Math.imul(rows[p] as number, w)) | 0
        g = (g + Math.imul(rows[p + 1] as number, w)) | 0
        b = (b + Math.imul(rows[p + 2] as number, w)) | 0
      }
      out[o] = r >> precision
      out[o + 1] = g >> precision
      out[o + 2] = b >> precision
    }
  }
  return new Uint8Array(out.buffer)
}
