import { type Dim, multiplyDims, type Shape } from '../graph/shape.ts'
import type { Tensor } from '../graph/tensor.ts'
import { reshape } from '../ops/shape.ts'
import { slice } from '../ops/slice.ts'

/** Tokens `start` .. `end - 1` of the `count` tokens of each of `batch` examples. */
export interface RowRange {
  readonly batch: Dim
  readonly count: number
  readonly start: number
  readonly end: number
}

/** How a tensor holds the tokens: along its second axis [B, N, ...], or along its first [B*N, ...]. */
export type RowForm = 'axis' | 'flat'

/** How a tensor of this shape holds the tokens; undefined if it does not hold that many. */
export function rowForm(shape: Shape, { batch, count }: RowRange): RowForm | undefined {
  if (shape[0] === batch && shape[1] === count) return 'axis'
  return shape[0] === multiplyDims(batch, count) ? 'flat' : undefined
}

/** The shape of a tensor reduced to `rows`. */
export function narrowShape(shape: Shape, rows: RowRange): Dim[] {
  const length = rows.end - rows.start
  return rowForm(shape, rows) === 'axis'
    ? [rows.batch, length, ...shape.slice(2)]
    : [multiplyDims(rows.batch, length), ...shape.slice(1)]
}

/** `rows` of a tensor that has all of them. */
export function takeRows(x: Tensor, rows: RowRange): Tensor {
  const { batch, count, start, end } = rows
  if (rowForm(x.shape, rows) === 'axis') return slice(x, 1, start, end)
  const apart = reshape(x, [batch, count, ...x.shape.slice(1)])
  return reshape(slice(apart, 1, start, end), narrowShape(x.shape, rows))
}

/** True if both are the same rows. */
export function sameRows(a: RowRange, b: RowRange): boolean {
  return a.batch === b.batch && a.count === b.count && a.start === b.start && a.end === b.end
}
