import { type DType, fromBytes, onDemand, type TensorData } from '@dynamic-tuning/engine'
import { CheckpointError } from '../errors.ts'
import { widenBfloat16, widenFloat16 } from './float16.ts'
import { openSliced, type SlicedFile } from './read-slice.ts'
import { headerLength, parseHeader, type StoredDType, type StoredTensor } from './safetensors-header.ts'
import { readAll, type TensorFile } from './tensor-file.ts'

/** Options for reading. */
export interface ReadOptions {
  /** True to keep F16 as `float16` bits. Otherwise, and for BF16 always, values are converted to float32. */
  readonly raw?: boolean
  /**
   * True to leave large tensors in the file until their values are used; the file must
   * not change. Default false.
   */
  readonly onDemand?: boolean
}

/** An open safetensors file; values are read on demand. Close it after use. */
export interface SafetensorsFile extends TensorFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>
  onDemand(name: string): TensorData | undefined
  /** The values of all tensors, in the order of the header. */
  readAll(): Map<string, TensorData>
}

/**
 * Opens a safetensors file and reads only its header, so that a model of several GB takes no memory yet.
 * @throws CheckpointError for anything that the format forbids, naming the file and,
 * if there is one, the tensor
 */
export function openSafetensors(path: string, options: ReadOptions = {}): SafetensorsFile {
  const file = openSliced(path, 'safetensors')
  try {
    const length = headerLength(path, file.read(0, Math.min(8, file.length)), file.length)
    const header = parseHeader(path, file.read(8, length), file.length)
    const find = (name: string): StoredTensor => {
      const stored = header.tensors.get(name)
      if (stored !== undefined) return stored
      throw new CheckpointError(`safetensors: ${path} has no tensor "${name}". Is it the right file?`)
    }
    const read = (name: string): TensorData => decode(find(name), file, options)
    const later = (name: string): TensorData | undefined => {
      const stored = find(name)
      if (stored.length < onDemandBytes) return undefined
      return onDemand(dtypeOf(stored, options), stored.shape, () => reopened(file, stored, options).data)
    }
    const opened = { path, ...header, read, onDemand: later, close: file.close }
    const each = options.onDemand ? { ...opened, read: (name: string) => later(name) ?? read(name) } : opened
    return { ...opened, readAll: () => readAll(each) }
  } catch (error) {
    file.close()
    throw error
  }
}

/**
 * All tensors of a safetensors file by name; F16 and BF16 are converted to float32 unless `raw` is set.
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

/** Tensors of fewer bytes are read at once. */
const onDemandBytes = 2 ** 20

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

function dtypeOf({ dtype }: StoredTensor, { raw }: ReadOptions): DType {
  return dtype === 'BF16' || (dtype === 'F16' && !raw) ? 'float32' : dtypes[dtype]
}

function decode(stored: StoredTensor, file: SlicedFile, options: ReadOptions): TensorData {
  const { dtype, shape, offset, length } = stored
  const bytes = file.read(offset, length)
  const wanted = dtypeOf(stored, options)
  if (dtype === 'BF16') return { dtype: wanted, shape, data: widenBfloat16(fromBytes('float16', bytes)) }
  if (dtype === 'F16' && wanted === 'float32')
    return { dtype: wanted, shape, data: widenFloat16(fromBytes('float16', bytes)) }
  return { dtype: wanted, shape, data: fromBytes(wanted, bytes) }
}

/** Reads a tensor after its file was closed. @throws CheckpointError if the file has changed */
function reopened({ path, stamp }: SlicedFile, stored: StoredTensor, options: ReadOptions): TensorData {
  const file = openSliced(path, 'safetensors')
  try {
    if (file.stamp === stamp) return decode(stored, file, options)
    throw new CheckpointError(
      `safetensors: ${path} was changed while its weights were in use. Leave the file as it is, and start again.`,
    )
  } finally {
    file.close()
  }
}
