import type { TensorData } from '@dynamic-tuning/engine'

/** Tensors by name, in any order. */
export type Named = readonly (readonly [string, TensorData])[]

/** Numbers as a tensor of one axis, in double precision. */
export function numbers(values: ArrayLike<number>): TensorData {
  return { dtype: 'float64', shape: [values.length], data: Float64Array.from(values) }
}

/** Text as the codes of its characters. */
export function textCodes(text: string): TensorData {
  return numbers(Array.from(text, (letter) => letter.charCodeAt(0)))
}
