import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { DataError } from '../../errors.ts'

/** A file inside a tar archive: bytes `[offset, offset + size)` of the archive. */
export interface TarEntry {
  readonly name: string
  readonly offset: number
  readonly size: number
}

const block = 512

interface Header {
  readonly name: string
  readonly size: number
  readonly type: string
}

/**
 * Lists the files of a tar archive by reading only its headers (ustar, GNU long names, pax paths and sizes).
 * @throws DataError if a header is damaged, the archive is cut off, an entry is a link or
 * its name is outside the archive
 */
export function readTarIndex(archive: string): TarEntry[] {
  const file = openSync(archive, 'r')
  try {
    return [...entries(archive, file, fstatSync(file).size)]
  } finally {
    closeSync(file)
  }
}

function* entries(archive: string, file: number, end: number): Generator<TarEntry> {
  const buffer = Buffer.alloc(block)
  let extended: { name?: string; size?: number } = {}
  for (let at = 0; ; ) {
    if (at + block > end) throw truncated(archive, at, end, 'a header or the end mark')
    readSync(file, buffer, 0, block, at)
    if (buffer.every((byte) => byte === 0)) return
    const { name, size, type } = parseHeader(buffer, archive, at)
    const offset = at + block
    const length = extended.size ?? size
    if (offset + length > end) throw truncated(archive, at, end, `${extended.name ?? name} (${length} bytes)`)
    at = offset + Math.ceil(length / block) * block
    if (type === 'L' || type === 'x') {
      extended = { ...extended, ...readExtension(file, type, offset, length, archive) }
      continue
    }
    const entryName = safeName(extended.name ?? name, archive, offset - block)
    extended = {}
    if (type === '0' || type === '\0' || type === '7') yield { name: entryName, offset, size: length }
    else if (!'5gK'.includes(type)) throw unsupported(archive, entryName, offset - block)
  }
}

function parseHeader(buffer: Buffer, archive: string, at: number): Header {
  let sum = 8 * 32
  for (let i = 0; i < block; i++) if (i < 148 || i >= 156) sum += buffer[i] ?? 0
  if (number(buffer.subarray(148, 156)) !== sum) {
    throw new DataError(
      `tar: ${archive} has a damaged header at byte ${at}. Is it a tar archive, uncompressed?`,
    )
  }
  const prefix = text(buffer.subarray(257, 263)) === 'ustar' ? text(buffer.subarray(345, 500)) : ''
  const name = text(buffer.subarray(0, 100))
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: number(buffer.subarray(124, 136)),
    type: buffer.toString('latin1', 156, 157),
  }
}

/** Reads a GNU long name ('L') or pax records ('x': `LENGTH KEY=VALUE\n`), which describe the next entry. */
function readExtension(file: number, type: string, offset: number, size: number, archive: string) {
  if (size > 1 << 20) throw new DataError(`tar: ${archive} has a ${size}-byte name record at byte ${offset}`)
  const bytes = Buffer.alloc(size)
  readSync(file, bytes, 0, size, offset)
  if (type === 'L') return { name: text(bytes) }
  const found: { name?: string; size?: number } = {}
  for (let at = 0; at < size; ) {
    const space = bytes.indexOf(32, at)
    const length = Number(bytes.toString('latin1', at, space))
    if (space < 0 || !Number.isInteger(length) || length < 5 || at + length > size) {
      throw new DataError(`tar: ${archive} has a damaged pax record at byte ${offset + at}`)
    }
    const record = bytes.toString('utf8', space + 1, at + length - 1)
    if (record.startsWith('path=')) found.name = record.slice(5)
    if (record.startsWith('size=')) found.size = Number(record.slice(5))
    at += length
  }
  return found
}

/**
 * Reads octal text, or a big-endian binary number if the first bit is set (files of 8 GB
 * and more). NaN if neither.
 */
function number(field: Buffer): number {
  if ((field.readUInt8() & 0x80) !== 0) return field.readUIntBE(field.length - 6, 6)
  const digits = text(field).trim()
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : Number.NaN
}

function text(field: Buffer): string {
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? field.length : end)
}

function safeName(name: string, archive: string, at: number): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (name.startsWith('/') || parts.includes('..')) {
    throw new DataError(`tar: ${archive} holds the unsafe name ${JSON.stringify(name)} at byte ${at}`)
  }
  return parts.join('/')
}

function truncated(archive: string, at: number, end: number, what: string): DataError {
  return new DataError(
    `tar: ${archive} is truncated: expected ${what} at byte ${at}, the file ends at ${end}. Copy it again.`,
  )
}

function unsupported(archive: string, name: string, at: number): DataError {
  return new DataError(
    `tar: ${archive} holds ${name} as a link or special file at byte ${at}. Store plain files.`,
  )
}
