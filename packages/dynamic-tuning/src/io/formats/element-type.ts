import { bytesPerElement, type DType, fromBytes, type TensorData } from '@dynamic-tuning/engine'
import { widenBfloat16, widenFloat16 } from '../float16.ts'

/** How numbers are stored in a file: a type of the engine, or bfloat16. */
export type ElementType = DType | 'bfloat16'

/** Bytes per number. */
export function elementSize(type: ElementType): number {
  return type === 'bfloat16' ? 2 : bytesPerElement(type)
}

/** Little-endian bytes as a tensor; halves and bfloat16 are widened to float32. */
export function decodeElements(type: ElementType, shape: readonly number[], bytes: Uint8Array): TensorData {
  if (type === 'bfloat16' || type === 'float16') {
    const widen = type === 'bfloat16' ? widenBfloat16 : widenFloat16
    return { dtype: 'float32', shape, data: widen(fromBytes('float16', bytes)) }
  }
  return { dtype: type, shape, data: fromBytes(type, bytes) }
}

/** Strides of a row-major array, in numbers. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  let step = 1
  return shape
    .toReversed()
    .map((length) => {
      const stride = step
      step *= length
      return stride
    })
    .reverse()
}

/**
 * Numbers of `size` bytes that lie `strides` apart, in row-major order. `bytes` begins with the first one.
 */
export function gatherStrided(
  bytes: Uint8Array,
  size: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array {
  const count = shape.reduce((product, length) => product * length, 1)
  const result = new Uint8Array(count * size)
  const axes = shape.map((length, i) => ({ length, stride: strides[i] ?? 0, index: 0 })).reverse()
  let from = 0
  for (let at = 0; at < result.length; at += size) {
    for (let byte = 0; byte < size; byte++) result[at + byte] = bytes[from * size + byte] as number
    for (const axis of axes) {
      from += axis.stride
      axis.index++
      if (axis.index < axis.length) break
      from -= axis.length * axis.stride
      axis.index = 0
    }
  }
  return result
}
