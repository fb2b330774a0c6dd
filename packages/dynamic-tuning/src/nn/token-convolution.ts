import { concat, type Dim, linear, pad, reshape, slice, type Tensor, transpose } from '@dynamic-tuning/engine'
import { type Initializer, zeros } from './initializers.ts'
import type { Weights } from './weight-store.ts'

/** A 3 x 3 kernel that returns its input: 1 at the centre tap of equal channels. shape: [h, h, 3, 3]. */
export const centreIdentity: Initializer = (shape) => {
  const [out = 0, into = 0] = shape
  const data = new Float32Array(out * into * 9)
  for (let i = 0; i < Math.min(out, into); i++) data[(i * into + i) * 9 + 4] = 1
  return data
}

/**
 * 3 x 3 convolution of tokens (cross-correlation, zero padding). Patches, which come last, lie on their grid,
 * row by row; every token before them is treated as an image of one pixel, so only the centre tap applies.
 * Weights: `weight` [h, h, 3, 3], `bias` [h].
 * x: [B, P + rows * columns, h] -> the same shape.
 */
export function tokenConvolution(
  x: Tensor,
  weights: Weights,
  [rows, columns]: readonly [number, number],
  init: Initializer = centreIdentity,
): Tensor {
  const [batch, tokens, h] = x.shape as [Dim, number, number]
  const weight = weights.get('weight', [h, h, 3, 3], init)
  const bias = weights.get('bias', [h], zeros)
  const prefix = tokens - rows * columns
  const grid = reshape(slice(x, 1, prefix, tokens), [batch, rows, columns, h])
  const padded = pad(pad(grid, 1, 1, 1), 2, 1, 1)
  const taps = [0, 1, 2].flatMap((dy) =>
    [0, 1, 2].map((dx) => slice(slice(padded, 1, dy, dy + rows), 2, dx, dx + columns)),
  )
  const flat = reshape(transpose(weight, [0, 2, 3, 1]), [h, 9 * h])
  const patches = reshape(linear(concat(taps, 3), flat, bias), [batch, rows * columns, h])
  const centre = reshape(slice(slice(weight, 2, 1, 2), 3, 1, 2), [h, h])
  return prefix === 0 ? patches : concat([linear(slice(x, 1, 0, prefix), centre, bias), patches], 1)
}
