import { sizeOf } from '@dynamic-tuning/engine'
import { CheckpointError } from '../errors.ts'
import { messageOf } from '../message-of.ts'
import { duplicateKey } from './duplicate-keys.ts'
import { parseJson } from './parse-json.ts'

/** Element types that can be read; other types of the format are refused by name. */
export type StoredDType = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I8' | 'U8' | 'BOOL'

/** Position of a tensor in its file: `offset` in bytes from the start of the file, `length` in bytes. */
export interface StoredTensor {
  readonly dtype: StoredDType
  readonly shape: readonly number[]
  readonly offset: number
  readonly length: number
}

/** A checked header. */
export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, StoredTensor>
  readonly metadata: Record<string, string>
}

/** The format's own limit on the length of a header, in bytes. */
export const maxHeaderLength = 100_000_000

const bytesOf: Readonly<Record<StoredDType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I8: 1,
  U8: 1,
  BOOL: 1,
}

/**
 * The length of the JSON header, read from the first 8 bytes of a file of `fileLength` bytes.
 * @throws CheckpointError for a length over the limit or beyond the end of the file
 */
export function headerLength(path: string, start: Uint8Array, fileLength: number): number {
  if (fileLength < 8 || start.length < 8) {
    throw new CheckpointError(
      `safetensors: ${path} is too short, got ${fileLength} bytes, expected at least 8. Is the download complete?`,
    )
  }
  const length = new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true)
  if (length > BigInt(maxHeaderLength)) {
    throw new CheckpointError(
      `safetensors: header of ${path} is too long, got ${length} bytes, at most ${maxHeaderLength} are allowed. Is it a safetensors file?`,
    )
  }
  if (Number(length) > fileLength - 8) {
    throw new CheckpointError(
      `safetensors: header of ${path} reaches beyond the file, got length ${length} in ${fileLength} bytes. Is the download complete?`,
    )
  }
  return Number(length)
}

/**
 * Reads the tensors of a header and checks them: known dtypes, shapes that match their lengths, and data that
 * covers the rest of the file exactly once.
 * @throws CheckpointError naming the file and the tensor
 */
export function parseHeader(path: string, bytes: Uint8Array, fileLength: number): SafetensorsHeader {
  const header = headerIn(path, bytes)
  const start = 8 + bytes.length
  const tensors = new Map<string, StoredTensor>()
  let metadata: Record<string, string> = {}
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') metadata = checkMetadata(path, entry)
    else tensors.set(name, checkTensor(path, name, entry, start, fileLength))
  }
  checkCoverage(path, tensors, start, fileLength)
  return { tensors, metadata }
}

function headerIn(path: string, bytes: Uint8Array): Record<string, unknown> {
  let text: string
  let header: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    header = parseJson(text)
  } catch (error) {
    throw new CheckpointError(
      `safetensors: header of ${path} is not JSON, ${messageOf(error)}. Is it a safetensors file?`,
    )
  }
  if (!isObject(header)) {
    throw new CheckpointError(
      `safetensors: header of ${path} is not a JSON object. Is it a safetensors file?`,
    )
  }
  const twice = duplicateKey(text)
  if (twice !== undefined) {
    throw new CheckpointError(
      `safetensors: header of ${path} has the key "${twice}" twice. Write the file again.`,
    )
  }
  return header
}

function checkMetadata(path: string, entry: unknown): Record<string, string> {
  if (!isTexts(entry)) {
    throw new CheckpointError(
      `safetensors: __metadata__ of ${path} is not an object of strings. Write the file again.`,
    )
  }
  return entry
}

function checkTensor(
  path: string,
  name: string,
  entry: unknown,
  start: number,
  fileLength: number,
): StoredTensor {
  const fail = (what: string): never => {
    throw new CheckpointError(`safetensors: tensor "${name}" of ${path} ${what}`)
  }
  if (!isObject(entry)) return fail('is not described by an object. Write the file again.')
  const { dtype, shape, data_offsets: offsets } = entry
  if (!isStored(dtype)) {
    return fail(
      `has dtype ${JSON.stringify(dtype)}. Convert it to one of ${Object.keys(bytesOf).join(', ')}.`,
    )
  }
  if (!isCounts(shape)) {
    return fail(`has shape ${JSON.stringify(shape)}, expected a list of integers from 0 up.`)
  }
  const [begin, end, ...more] = isCounts(offsets) ? offsets : []
  if (begin === undefined || end === undefined || more.length > 0) {
    return fail(`has data_offsets ${JSON.stringify(offsets)}, expected two integers from 0 up.`)
  }
  if (begin > end || end > fileLength - start) {
    return fail(
      `lies outside the file, got data_offsets [${begin}, ${end}], ${fileLength - start} bytes of data. Is the download complete?`,
    )
  }
  const expected = sizeOf(shape) * bytesOf[dtype]
  if (end - begin !== expected) {
    return fail(`has ${end - begin} bytes, ${dtype} [${shape.join(', ')}] needs ${expected}.`)
  }
  return { dtype, shape, offset: start + begin, length: end - begin }
}

function checkCoverage(
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  start: number,
  fileLength: number,
): void {
  const sorted = [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.length - b.length)
  let covered = start
  let before = ''
  for (const [name, { offset, length }] of sorted) {
    if (offset < covered) {
      throw new CheckpointError(
        `safetensors: tensors "${before}" and "${name}" of ${path} overlap. Write the file again.`,
      )
    }
    if (offset > covered) throw hole(path, offset - covered, `before tensor "${name}"`)
    covered = offset + length
    before = name
  }
  if (covered < fileLength) throw hole(path, fileLength - covered, 'at the end')
}

function hole(path: string, bytes: number, where: string): CheckpointError {
  return new CheckpointError(
    `safetensors: ${path} has ${bytes} bytes ${where} that belong to no tensor. Write the file again.`,
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTexts(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((each) => typeof each === 'string')
}

function isStored(value: unknown): value is StoredDType {
  return typeof value === 'string' && Object.hasOwn(bytesOf, value)
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)
}
