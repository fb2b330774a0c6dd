/** Element types of tensors. `float16` is stored as raw bits (Uint16Array), `bool` as bytes of 0 and 1. */
export type DType = 'float32' | 'float64' | 'float16' | 'int32' | 'int64' | 'int8' | 'uint8' | 'bool'

/** The array that holds a tensor's elements in row-major order. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Uint16Array
  | Int32Array
  | BigInt64Array
  | Int8Array
  | Uint8Array

interface ArrayClass<A> {
  readonly BYTES_PER_ELEMENT: number
  new (length: number): A
  new (buffer: ArrayBufferLike, offset: number, length: number): A
}

const arrays: { readonly [D in DType]: ArrayClass<ArrayOf[D]> } = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
}

/** The typed-array class of each element type. */
export interface ArrayOf {
  float32: Float32Array
  float64: Float64Array
  float16: Uint16Array
  int32: Int32Array
  int64: BigInt64Array
  int8: Int8Array
  uint8: Uint8Array
  bool: Uint8Array
}

/** Values: element type, shape, elements in row-major order. `data.length` is the product of `shape`. */
export interface TensorData<D extends DType = DType> {
  readonly dtype: D
  readonly shape: readonly number[]
  readonly data: ArrayOf[D]
}

/** The class of the array that holds elements of a type. */
export function arrayClass<D extends DType>(dtype: D): new (length: number) => ArrayOf[D] {
  return arrays[dtype]
}

/** Bytes of one element. */
export function bytesPerElement(dtype: DType): number {
  return arrays[dtype].BYTES_PER_ELEMENT
}

/** A new zeroed array of `length` elements. */
export function allocate<D extends DType>(dtype: D, length: number): ArrayOf[D] {
  return new arrays[dtype](length)
}

/** The elements stored in `bytes` (little-endian); copied only if `bytes` is not aligned for the type. */
export function fromBytes<D extends DType>(dtype: D, bytes: Uint8Array): ArrayOf[D] {
  const size = bytesPerElement(dtype)
  // Not `slice`: on Node's Buffer it makes a view, not a copy.
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes)
  return new arrays[dtype](aligned.buffer, aligned.byteOffset, aligned.byteLength / size)
}

/** The bytes behind `data`, without a copy. */
export function toBytes(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

/** True if the values are of this element type. */
export function hasDType<D extends DType>(tensor: TensorData, dtype: D): tensor is TensorData<D> {
  return tensor.dtype === dtype
}

/** Number of elements of a fixed shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}
