import { allocate, type DType } from './dtype.ts'
import { halfBits } from './float16.ts'
import { constant, type Tensor } from './tensor.ts'

/** A constant of rank 0. */
export function scalar(value: number, dtype: DType = 'float32'): Tensor {
  return filled(value, [], dtype)
}

/** A constant with every element equal to `value`. */
export function filled(value: number, shape: readonly number[], dtype: DType = 'float32'): Tensor {
  const data = allocate(
    dtype,
    shape.reduce((a, b) => a * b, 1),
  )
  if (data instanceof BigInt64Array) data.fill(BigInt(value))
  else data.fill(dtype === 'float16' ? halfBits(value) : value)
  return constant({ dtype, shape, data })
}

/** `value` as a tensor: a number becomes a scalar of the type of `like`. */
export function asTensor(value: Tensor | number, like: Tensor): Tensor {
  return typeof value === 'number' ? scalar(value, like.dtype) : value
}
