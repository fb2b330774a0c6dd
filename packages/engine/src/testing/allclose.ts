import type { TensorData } from '../graph/dtype.ts'
import { type Plain, plain } from './plain.ts'

/** Allowed difference of values: |a - b| <= atol + rtol |b|. */
export interface Tolerance {
  readonly rtol?: number
  readonly atol?: number
}

/** Numbers with a shape; an array is one row. */
export type Values = TensorData | Plain | readonly number[]

function valuesOf(values: Values): Plain {
  if (Array.isArray(values)) return { shape: [values.length], data: values as number[] }
  return 'dtype' in values ? plain(values) : (values as Plain)
}

/**
 * Fails where shapes differ or an element of `actual` differs from `expected` by more than
 * `atol + rtol |expected|` (both 1e-6 by default). NaN and infinities equal only themselves. The message
 * names the worst element.
 */
export function expectAllclose(actual: Values, expected: Values, tolerance: Tolerance = {}): void {
  const { rtol = 1e-6, atol = 1e-6 } = tolerance
  const [a, b] = [valuesOf(actual), valuesOf(expected)]
  if (a.shape.join() !== b.shape.join() || a.data.length !== b.data.length)
    throw new Error(`allclose: shape [${a.shape}] (${a.data.length} elements), expected [${b.shape}].`)
  let worst = 0
  let message = ''
  for (const [i, wanted] of b.data.entries()) {
    const got = a.data[i] as number
    if (Object.is(got, wanted) || got === wanted) continue
    const excess = Math.abs(got - wanted) / (atol + rtol * Math.abs(wanted))
    if (excess <= Math.max(1, worst)) continue
    worst = Number.isNaN(excess) ? Number.POSITIVE_INFINITY : excess
    message = `element ${i} is ${got}, expected ${wanted}`
    if (worst === Number.POSITIVE_INFINITY) break
  }
  if (message !== '')
    throw new Error(
      `allclose: ${message}, ${worst.toPrecision(3)} times the tolerance (rtol ${rtol}, atol ${atol}).`,
    )
}
