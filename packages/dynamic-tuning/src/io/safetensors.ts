import { type DType, fromBytes, type TensorData } from '@dynamic-tuning/engine'
import { CheckpointError } from '../errors.ts'
import { widenBfloat16, widenFloat16 } from './float16.ts'
import { openSliced } from './read-slice.ts'
import { headerLength, parseHeader, type StoredDType, type StoredTensor } from './safetensors-header.ts'
import { readAll, type TensorFile } from './tensor-file.ts'

/** How tensors are handed out. */
export interface ReadOptions {
  /** Keep F16 as `float16` bits. Otherwise, and for BF16 always, values are widened to float32. */
  readonly raw?: boolean
}

/** An open safetensors file: the header is read, tensors follow on demand. Close it after use. */
export interface SafetensorsFile extends TensorFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>
  /** The values of all tensors, in the order of the header. */
  readAll(): Map<string, TensorData>
}

/**
 * Opens a safetensors file and reads its header only; a model of several GB costs nothing yet.
 * @throws CheckpointError naming the file, and the tensor where there is one, for anything the format forbids
 */
export function openSafetensors(path: string, options: ReadOptions = {}): SafetensorsFile {
  const file = openSliced(path, 'safetensors')
  try {
    const length = headerLength(path, file.read(0, Math.min(8, file.length)), file.length)
    const header = parseHeader(path, file.read(8, length), file.length)
    const read = (name: string): TensorData => {
      const stored = header.tensors.get(name)
      if (stored === undefined) {
        throw new CheckpointError(`safetensors: ${path} has no tensor "${name}". Is it the right file?`)
      }
      return decode(stored, file.read(stored.offset, stored.length), options)
    }
    const opened: TensorFile = { path, ...header, read, close: file.close }
    return { ...opened, ...header, readAll: () => readAll(opened) }
  } catch (error) {
    file.close()
    throw error
  }
}

/**
 * All tensors of a safetensors file by name; F16 and BF16 become float32 unless `raw` is set.
 * @throws CheckpointError as `openSafetensors`
 */
export function readSafetensors(path: string, options: ReadOptions = {}): Map<string, TensorData> {
  const file = openSafetensors(path, options)
  try {
    return file.readAll()
  } finally {
    file.close()
  }
}

const dtypes: Readonly<Record<Exclude<StoredDType, 'BF16'>, DType>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  I64: 'int64',
  I32: 'int32',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
}

function decode({ dtype, shape }: StoredTensor, bytes: Uint8Array, { raw }: ReadOptions): TensorData {
  if (dtype === 'BF16') return { dtype: 'float32', shape, data: widenBfloat16(fromBytes('float16', bytes)) }
  if (dtype === 'F16' && !raw) {
    return { dtype: 'float32', shape, data: widenFloat16(fromBytes('float16', bytes)) }
  }
  return { dtype: dtypes[dtype], shape, data: fromBytes(dtypes[dtype], bytes) }
}
