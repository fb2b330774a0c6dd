import { CheckpointError } from '../../errors.ts'

/**
 * How values between grid points are interpolated. Both methods use cubic kernels with half-pixel
 * centres: `bicubic-antialias` has a = -0.5, widens the kernel when the grid shrinks, cuts it off at the
 * border and renormalises it to sum 1 (timm); `bicubic` has a = -0.75, never widens and repeats border
 * samples (Hugging Face).
 */
export type ResizeMethod = 'bicubic-antialias' | 'bicubic'

/** Rows and columns of a token grid. */
export type Grid = readonly [rows: number, columns: number]

/** The inputs that one output reads, and their weights. */
export interface Taps {
  readonly indices: readonly number[]
  readonly weights: readonly number[]
}

/**
 * Resizes a position embedding to another grid; prefix tokens (the class token, if it has a position) are
 * kept.
 * @param data [1, prefixTokens + rows * columns, C] in row-major order
 * @returns [1, prefixTokens + to[0] * to[1], C]
 * @throws CheckpointError if `data` does not hold that many tokens
 */
export function resizePositionEmbedding(
  data: Float32Array,
  from: Grid,
  to: Grid,
  prefixTokens: number,
  method: ResizeMethod = 'bicubic-antialias',
): Float32Array {
  const tokens = prefixTokens + from[0] * from[1]
  const channels = data.length / tokens
  if (!Number.isInteger(channels) || channels === 0 || [...from, ...to].some((size) => size < 1)) {
    throw new CheckpointError(
      `position embedding: ${data.length} values do not fit ${prefixTokens} + ${from.join(' x ')} tokens, to be resized to ${to.join(' x ')}. Check image and patch size.`,
    )
  }
  if (from[0] === to[0] && from[1] === to[1]) return data.slice()
  const tapsOf = method === 'bicubic' ? plainTaps : antialiasedTaps
  const grid = Float64Array.from(data.subarray(prefixTokens * channels))
  // Columns first: [rows, columns, C], then rows as one long axis of [rows, columns * C].
  const wide = resizeAxis(grid, from[0], from[1], channels, tapsOf(from[1], to[1]))
  const tall = resizeAxis(wide, 1, from[0], to[1] * channels, tapsOf(from[0], to[0]))
  const result = new Float32Array(prefixTokens * channels + tall.length)
  result.set(data.subarray(0, prefixTokens * channels))
  result.set(tall, prefixTokens * channels)
  return result
}

/** Mixes the middle axis of [outer, size, inner] into [outer, taps.length, inner]. */
function resizeAxis(
  data: Float64Array,
  outer: number,
  size: number,
  inner: number,
  taps: readonly Taps[],
): Float64Array {
  const result = new Float64Array(outer * taps.length * inner)
  for (let o = 0; o < outer; o++) {
    for (const [t, { indices, weights }] of taps.entries()) {
      const target = (o * taps.length + t) * inner
      for (const [k, index] of indices.entries()) {
        const source = (o * size + index) * inner
        const weight = weights[k] as number
        for (let i = 0; i < inner; i++) {
          result[target + i] = (result[target + i] as number) + weight * (data[source + i] as number)
        }
      }
    }
  }
  return result
}

function antialiasedTaps(size: number, target: number): Taps[] {
  const stretch = Math.max(size / target, 1)
  return Array.from({ length: target }, (_, i) => {
    const centre = ((i + 0.5) * size) / target
    const first = Math.max(Math.trunc(centre - 2 * stretch + 0.5), 0)
    const end = Math.min(Math.trunc(centre + 2 * stretch + 0.5), size)
    const indices = Array.from({ length: end - first }, (_, k) => first + k)
    const weights = indices.map((index) => cubic((index + 0.5 - centre) / stretch, -0.5))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    return { indices, weights: weights.map((weight) => weight / total) }
  })
}

/** The taps of the method `bicubic` for `target` outputs of `size` inputs; see `ResizeMethod`. */
export function plainTaps(size: number, target: number): Taps[] {
  return Array.from({ length: target }, (_, i) => {
    const position = ((i + 0.5) * size) / target - 0.5
    const base = Math.floor(position)
    const near = [base - 1, base, base + 1, base + 2]
    return {
      indices: near.map((index) => Math.min(Math.max(index, 0), size - 1)),
      weights: near.map((index) => cubic(position - index, -0.75)),
    }
  })
}

/** Keys' cubic convolution kernel with slope `a` at 1. */
function cubic(x: number, a: number): number {
  const d = Math.abs(x)
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1
  if (d < 2) return (((d - 5) * d + 8) * d - 4) * a
  return 0
}
