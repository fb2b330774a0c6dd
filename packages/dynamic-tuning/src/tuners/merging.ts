import type { TensorData } from '@dynamic-tuning/engine'
import type { Tensors } from './tuner.ts'

/** All weights except those whose names match the pattern. */
export function without(tensors: Tensors, pattern: RegExp): Map<string, TensorData> {
  return new Map([...tensors].filter(([name]) => !pattern.test(name)))
}

/** A copy of a weight, whose values may be changed. */
export function copyOf(tensors: Tensors, name: string): TensorData<'float32'> {
  const value = tensors.get(name) as TensorData<'float32'>
  return { ...value, data: Float32Array.from(value.data) }
}

/** The top left corner of a block in a matrix with `columns` columns. */
export interface BlockPlace {
  readonly row: number
  readonly column: number
  readonly columns: number
}

/** Two matrices to multiply: left [R, inner] and right [inner, C], row by row. */
export interface Factors {
  readonly left: ArrayLike<number>
  readonly right: ArrayLike<number>
  readonly inner: number
}

/** Adds scale * left * right to the block [R, C] of a matrix at `place`, in double precision. */
export function addProduct(matrix: Float32Array, place: BlockPlace, factors: Factors, scale: number): void {
  const { left, right, inner } = factors
  const [rows, width] = [left.length / inner, right.length / inner]
  for (let r = 0; r < rows; r++) {
    const start = (place.row + r) * place.columns + place.column
    for (let c = 0; c < width; c++) {
      let sum = 0
      for (let k = 0; k < inner; k++)
        sum += (left[r * inner + k] as number) * (right[k * width + c] as number)
      matrix[start + c] = (matrix[start + c] as number) + scale * sum
    }
  }
}

/** left [R, inner] times right [inner, C] in double precision, row by row. */
export function product({ left, right, inner }: Factors): Float64Array {
  const [rows, width] = [left.length / inner, right.length / inner]
  const out = new Float64Array(rows * width)
  for (let r = 0; r < rows; r++)
    for (let k = 0; k < inner; k++) {
      const factor = left[r * inner + k] as number
      for (let c = 0; c < width; c++)
        out[r * width + c] = (out[r * width + c] as number) + factor * (right[k * width + c] as number)
    }
  return out
}
