import {
  bytesPerElement,
  type DType,
  hasDType,
  isOnDemand,
  sizeOf,
  type TensorData,
  toBytes,
} from '@dynamic-tuning/engine'
import { CheckpointError } from '../errors.ts'
import { narrowToFloat16 } from './float16.ts'
import type { StoredDType } from './safetensors-header.ts'
import { writeAside } from './write-aside.ts'

/** Options for writing a file. */
export interface WriteOptions {
  /** Free text by key. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Stores float32 tensors as float16, rounded to the nearest. */
  readonly dtype?: 'float16'
}

const stored: Readonly<Record<DType, StoredDType>> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  int64: 'I64',
  int32: 'I32',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
}

/**
 * Writes tensors to a safetensors file, one after the other, under a temporary name that is replaced at the
 * end. Every tensor is aligned for its type, so that a runtime can map the file.
 * @throws CheckpointError for duplicate names, values that do not fit the shape or float16, or a full
 * disk; an old file stays as it was
 */
export function writeSafetensors(
  path: string,
  tensors: Iterable<readonly [string, TensorData]>,
  options: WriteOptions = {},
): void {
  const kept = [...tensors]
  checkTensors(path, kept)
  const typeOf = ({ dtype }: TensorData): DType =>
    dtype === 'float32' ? (options.dtype ?? 'float32') : dtype
  // Wide types first (a stable sort): the header is a multiple of 8, so all of them are aligned.
  kept.sort(([, a], [, b]) => bytesPerElement(typeOf(b)) - bytesPerElement(typeOf(a)))
  writeAside(path, content(path, kept, typeOf, options.metadata), CheckpointError)
}

function* content(
  path: string,
  tensors: readonly (readonly [string, TensorData])[],
  typeOf: (tensor: TensorData) => DType,
  metadata: Readonly<Record<string, string>> | undefined,
): Generator<Uint8Array> {
  let offset = 0
  const entries: [string, unknown][] = tensors.map(([name, tensor]) => {
    const begin = offset
    offset += sizeOf(tensor.shape) * bytesPerElement(typeOf(tensor))
    return [name, { dtype: stored[typeOf(tensor)], shape: tensor.shape, data_offsets: [begin, offset] }]
  })
  yield* safetensorsHeader(entries, metadata)
  for (const [name, tensor] of tensors) {
    const halved = typeOf(tensor) === 'float16' && hasDType(tensor, 'float32')
    yield toBytes(halved ? halve(path, name, tensor) : tensor.data)
  }
}

/** The first bytes of a file: length and header, with the entries of tensors by name. */
export function safetensorsHeader(
  entries: readonly (readonly [string, unknown])[],
  metadata: WriteOptions['metadata'],
): Iterable<Uint8Array> {
  const all = metadata === undefined ? entries : [['__metadata__', metadata] as const, ...entries]
  return framed(new TextEncoder().encode(JSON.stringify(Object.fromEntries(all))))
}

/** The header after its length, padded with spaces to a multiple of 8 bytes. */
function* framed(header: Uint8Array): Generator<Uint8Array> {
  const length = Math.ceil(header.length / 8) * 8
  const start = new Uint8Array(8)
  new DataView(start.buffer).setBigUint64(0, BigInt(length), true)
  yield start
  yield header
  yield new Uint8Array(length - header.length).fill(0x20)
}

function halve(path: string, name: string, { data: values }: TensorData<'float32'>): Uint16Array {
  const halves = narrowToFloat16(values)
  const lost = halves.findIndex((bits, i) => (bits & 0x7fff) === 0x7c00 && Number.isFinite(values[i]))
  if (lost >= 0) {
    throw new CheckpointError(
      `safetensors: tensor "${name}" for ${path} does not fit half precision, got ${values[lost]}. Write it as float32.`,
    )
  }
  return halves
}

function checkTensors(path: string, tensors: readonly (readonly [string, TensorData])[]): void {
  const names = new Set<string>()
  for (const [name, tensor] of tensors) {
    if (name === '__metadata__' || names.has(name)) {
      const what = names.has(name) ? 'given twice' : 'reserved by the format'
      throw new CheckpointError(`safetensors: tensor name "${name}" for ${path} is ${what}. Rename it.`)
    }
    const { shape } = tensor
    if (!isOnDemand(tensor) && tensor.data.length !== sizeOf(shape)) {
      throw new CheckpointError(
        `safetensors: tensor "${name}" for ${path} has ${tensor.data.length} values, its shape [${shape.join(', ')}] needs ${sizeOf(shape)}.`,
      )
    }
    names.add(name)
  }
}
