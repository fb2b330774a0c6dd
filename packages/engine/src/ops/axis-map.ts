import { allocate, type DType, type TensorData } from '../graph/dtype.ts'
import { DTypeError } from '../graph/errors.ts'
import { constant, type Tensor } from '../graph/tensor.ts'
import { matMul } from './matrix.ts'

/** A linear map along one axis: for each result, the elements that it reads and their weights. */
export interface AxisMap {
  readonly size: number
  readonly reads: readonly (readonly (readonly [from: number, weight: number])[])[]
}

/**
 * The matrix of a map, [results, size]; transposed, [size, results].
 * @throws DTypeError for a type other than float32 and float64
 */
export function matrixOf({ size, reads }: AxisMap, dtype: DType, transposed = false): TensorData {
  if (dtype !== 'float32' && dtype !== 'float64')
    throw new DTypeError(`axis map: needs float32 or float64, got ${dtype}. Cast the map.`)
  const data = allocate(dtype, reads.length * size)
  for (const [to, weights] of reads.entries())
    for (const [from, weight] of weights) {
      const place = transposed ? from * reads.length + to : to * size + from
      data[place] = (data[place] ?? 0) + weight
    }
  return { dtype, data, shape: transposed ? [size, reads.length] : [reads.length, size] }
}

/**
 * The adjoint of applying `rows` and `columns` to a map: each value goes back to what it was read from.
 * dy: [B, C, results of rows, results of columns] -> [B, C, rows.size, columns.size].
 */
export function adjoint(dy: Tensor, rows: AxisMap, columns: AxisMap): Tensor {
  const left = constant(matrixOf(rows, dy.dtype, true))
  return matMul(matMul(left, dy), constant(matrixOf(columns, dy.dtype)))
}
