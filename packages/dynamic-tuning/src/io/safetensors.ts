import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { type DType, fromBytes, type TensorData } from '@dynamic-tuning/engine'
import { CheckpointError } from '../errors.ts'
import { widenBfloat16, widenFloat16 } from './float16.ts'
import { headerLength, parseHeader, type StoredDType, type StoredTensor } from './safetensors-header.ts'

/** How tensors are handed out. */
export interface ReadOptions {
  /** Keep F16 as `float16` bits. Otherwise, and for BF16 always, values are widened to float32. */
  readonly raw?: boolean
}

/** An open safetensors file: the header is read, tensors follow on demand. Close it after use. */
export interface SafetensorsFile {
  readonly path: string
  readonly tensors: ReadonlyMap<string, StoredTensor>
  readonly metadata: Record<string, string>
  /** The values of one tensor. @throws CheckpointError for an unknown name */
  read(name: string): TensorData
  /** The values of all tensors, in the order of the header. */
  readAll(): Map<string, TensorData>
  close(): void
}

/**
 * Opens a safetensors file and reads its header only; a model of several GB costs nothing yet.
 * @throws CheckpointError naming the file, and the tensor where there is one, for anything the format forbids
 */
export function openSafetensors(path: string, options: ReadOptions = {}): SafetensorsFile {
  const file = openFile(path)
  try {
    const fileLength = fstatSync(file).size
    const length = headerLength(path, readBytes(file, path, 0, Math.min(8, fileLength)), fileLength)
    const header = parseHeader(path, readBytes(file, path, 8, length), fileLength)
    const read = (name: string): TensorData => {
      const stored = header.tensors.get(name)
      if (stored === undefined) {
        throw new CheckpointError(`safetensors: ${path} has no tensor "${name}". Is it the right file?`)
      }
      return decode(stored, readBytes(file, path, stored.offset, stored.length), options)
    }
    return {
      path,
      ...header,
      read,
      readAll: () => new Map([...header.tensors.keys()].map((name) => [name, read(name)])),
      close: () => closeSync(file),
    }
  } catch (error) {
    closeSync(file)
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

function openFile(path: string): number {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    throw new CheckpointError(
      `safetensors: cannot open ${path}, got ${error instanceof Error ? error.message : error}. Is the path right?`,
    )
  }
  if (fstatSync(file).isFile()) return file
  closeSync(file)
  throw new CheckpointError(`safetensors: ${path} is not a file. Name the file in it.`)
}

function readBytes(file: number, path: string, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; ) {
    const got = readSync(file, bytes, at, Math.min(length - at, 2 ** 30), offset + at)
    if (got === 0)
      throw new CheckpointError(`safetensors: ${path} became shorter while it was read. Try again.`)
    at += got
  }
  return bytes
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
