import { DTypeError, type TensorData } from '@dynamic-tuning/engine'

/** The data of a float32 tensor; `name` appears in the error message. @throws DTypeError for another dtype */
export function floatData({ dtype, data }: TensorData, name: string): Float32Array {
  if (data instanceof Float32Array) return data
  throw new DTypeError(`training: ${name} should be float32, got ${dtype}. Check the graph that makes it.`)
}
