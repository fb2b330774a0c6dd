import { type ArrayOf, type DType, fromBytes, type TensorData, toBytes } from '@dynamic-tuning/engine'

/** Concatenates the elements of several tensors of one dtype. */
export function joinData<D extends DType>(dtype: D, tensors: readonly TensorData[]): ArrayOf[D] {
  const parts = tensors.map(({ data }) => toBytes(data))
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return fromBytes(dtype, joined)
}
