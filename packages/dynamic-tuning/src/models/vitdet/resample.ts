import { add, constant, gatherRows, mul, type Tensor } from '@dynamic-tuning/engine'
import type { Taps } from '../vit/position-embedding.ts'

/** Taps of linear interpolation: pixel centres at +0.5, the ends repeated. */
export function linearTaps(size: number, target: number): Taps[] {
  return Array.from({ length: target }, (_, i) => {
    const position = Math.max(((i + 0.5) * size) / target - 0.5, 0)
    const first = Math.min(Math.floor(position), size - 1)
    return {
      indices: [first, Math.min(first + 1, size - 1)],
      weights: [1 - (position - first), position - first],
    }
  })
}

/**
 * Interpolates rows: row i of the result is the sum of the rows that `taps[i]` names, times their weights.
 * Made of gathers, which papers do not count as FLOPs. x: [n, F] -> [taps, F].
 */
export function resampleRows(x: Tensor, taps: readonly Taps[]): Tensor {
  const shape = [taps.length, 1]
  const each = Array.from({ length: taps[0]?.indices.length ?? 0 }, (_, k) => {
    const places = BigInt64Array.from(taps, ({ indices }) => BigInt(indices[k] ?? 0))
    const factors = Float32Array.from(taps, ({ weights }) => weights[k] ?? 0)
    const rows = gatherRows(x, constant({ dtype: 'int64', shape, data: places }))
    return mul(rows, constant({ dtype: 'float32', shape, data: factors }))
  })
  return each.reduce((sum, rows) => add(sum, rows))
}
