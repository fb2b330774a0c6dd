import { closeSync, createReadStream, fstatSync, readSync } from 'node:fs'
import { constants, createInflate, inflateSync } from 'node:zlib'
import { DataError } from '../../errors.ts'
import { messageOf } from '../../message-of.ts'
import { openRegular } from '../regular-file.ts'
import { mostUnpacked, unpackedAdvice } from '../unpacked-limit.ts'
import { elementAt, type MatBytes, storage } from './element.ts'
import { headerAt, type MatValue, valueIn } from './value.ts'

/** Position of a variable in its file. */
interface Variable {
  readonly name: string
  readonly dims: readonly number[]
  readonly compressed: boolean
  /** Offset of its bytes in the file, without the tag of a compressed variable. */
  readonly start: number
  readonly length: number
  /** Size of the array with its tag after decompression, in bytes. */
  readonly unpacked: number
}

/** A MATLAB file whose variables are read on demand. */
export interface MatFile {
  readonly path: string
  readonly names: readonly string[]
  /** @throws DataError naming file and variable if it is missing or damaged */
  read(name: string): Promise<MatValue>
}

const headerBytes = 128
/** Enough bytes of a variable for its name and dimensions. */
const peekBytes = 4096
/** Most variables of a file; each is unpacked a little at the start. */
const mostVariables = 10_000
/** Largest compression factor of deflate. */
const bestRatio = 1032

/**
 * Opens a MATLAB 5 file (as `save -v6` or `-v7` write it, either byte order): numbers, text, cells and
 * structs, compressed or not. Format: MAT-File Format, The MathWorks, chapter 1.
 * @throws DataError if it is something else or cut off
 */
export function openMat(path: string): MatFile {
  const file = openFile(path)
  try {
    const littleEndian = readHeader(path, file)
    const variables = new Map(variablesOf(path, file, littleEndian).map((each) => [each.name, each]))
    return {
      path,
      names: [...variables.keys()],
      async read(name) {
        const variable = variables.get(name)
        if (!variable)
          throw new DataError(
            `mat: ${path} has no variable ${name}, it has ${[...variables.keys()].join(', ') || 'none'}`,
          )
        const view = await unpack(path, variable)
        const bytes = { view, littleEndian, where: `${path}: variable ${name}`, read: { arrays: 0 } }
        return valueIn(bytes, elementAt(bytes, 0, bytes.view.byteLength))
      },
    }
  } finally {
    closeSync(file)
  }
}

function openFile(path: string): number {
  try {
    return openRegular(path)
  } catch (error) {
    throw new DataError(`mat: cannot open ${path}: ${messageOf(error)}`)
  }
}

/** Checks the first 128 bytes; true for little-endian. */
function readHeader(path: string, file: number): boolean {
  const header = Buffer.alloc(headerBytes)
  const read = readSync(file, header, 0, headerBytes, 0)
  const order = header.toString('latin1', 126, 128)
  if (read < headerBytes || (order !== 'IM' && order !== 'MI'))
    throw new DataError(`mat: ${path} is no MATLAB 5 file, byte 126 has no "IM" or "MI". Copy it again.`)
  const version = order === 'IM' ? header.readUInt16LE(124) : header.readUInt16BE(124)
  if (version === 0x0100) return order === 'IM'
  const advice = version === 0x0200 ? ' It is HDF5 inside: save it with -v7.' : ''
  throw new DataError(`mat: ${path} has version 0x${version.toString(16)}, expected 0x100.${advice}`)
}

function variablesOf(path: string, file: number, littleEndian: boolean): Variable[] {
  const { size } = fstatSync(file)
  const found: Variable[] = []
  for (let at = headerBytes; at < size; ) {
    if (found.length === mostVariables)
      throw new DataError(`mat: ${path} has more than ${mostVariables} variables. Save fewer in one file.`)
    const tag = readAt(file, at, 8)
    const [type = 0, length = 0] =
      tag.byteLength < 8 ? [0, 0] : [0, 4].map((o) => tag.getUint32(o, littleEndian))
    const end = at + 8 + length
    const compressed = type === storage.compressed
    if (!compressed && type !== storage.matrix)
      throw new DataError(`mat: ${path} has no variable at byte ${at}. Is it cut short? Copy it again.`)
    if (end > size)
      throw new DataError(
        `mat: ${path} is cut short: the variable at byte ${at} ends at ${end}, the file at ${size}`,
      )
    const start = compressed ? at + 8 : at
    const where = `${path}: the variable at byte ${at}`
    const view = peek(file, { start, length: end - start, compressed, where })
    found.push({
      ...describe({ view, littleEndian, where, read: { arrays: 0 } }),
      compressed,
      start,
      length: end - start,
    })
    at = end
  }
  return found
}

/** The first bytes of a variable after decompression. */
function peek(
  file: number,
  at: { start: number; length: number; compressed: boolean; where: string },
): DataView {
  const bytes = readAt(file, at.start, Math.min(at.length, peekBytes))
  if (!at.compressed) return bytes
  try {
    return dataView(
      inflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: bestRatio * peekBytes }),
    )
  } catch (error) {
    throw new DataError(`mat: ${at.where} cannot be decompressed: ${messageOf(error)}. Copy it again.`)
  }
}

function describe(bytes: MatBytes): Pick<Variable, 'name' | 'dims' | 'unpacked'> {
  const { view, littleEndian, where } = bytes
  if (view.byteLength < 8 || view.getUint32(0, littleEndian) !== storage.matrix)
    throw new DataError(`mat: ${where} is no array. Is the file damaged?`)
  const { name, dims } = headerAt(bytes, 8, view.byteLength)
  return { name, dims, unpacked: 8 + view.getUint32(4, littleEndian) }
}

/** All bytes of a variable after decompression, in memory that threads can share. */
async function unpack(
  path: string,
  { name, compressed, start, length, unpacked }: Variable,
): Promise<DataView> {
  const where = `${path}: variable ${name}`
  if (unpacked > length * bestRatio)
    throw new DataError(`mat: ${where} claims ${unpacked} bytes in ${length}. Is the file damaged?`)
  const most = mostUnpacked(length)
  if (unpacked > most)
    throw new DataError(
      `mat: ${where} takes ${unpacked} bytes, at most ${most} are unpacked. ${unpackedAdvice(unpacked)}`,
    )
  const bytes = new Uint8Array(new SharedArrayBuffer(unpacked))
  const stored = createReadStream(path, { start, end: start + length - 1 })
  const pieces: AsyncIterable<Buffer> = compressed ? stored.pipe(createInflate()) : stored
  let at = 0
  try {
    for await (const piece of pieces) {
      if (at + piece.length > unpacked)
        throw new DataError(`mat: ${where} is longer than the ${unpacked} bytes it claims`)
      bytes.set(piece, at)
      at += piece.length
    }
  } catch (error) {
    if (error instanceof DataError) throw error
    throw new DataError(`mat: ${where} cannot be decompressed: ${messageOf(error)}. Copy it again.`)
  } finally {
    stored.destroy()
  }
  if (at < unpacked)
    throw new DataError(`mat: ${where} ends after ${at} of ${unpacked} bytes. Copy it again.`)
  return new DataView(bytes.buffer)
}

function readAt(file: number, at: number, length: number): DataView {
  const bytes = new Uint8Array(length)
  return new DataView(bytes.buffer, 0, readSync(file, bytes, 0, length, at))
}

function dataView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
