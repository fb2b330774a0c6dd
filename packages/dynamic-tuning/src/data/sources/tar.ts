import { closeSync, fstatSync, readSync } from 'node:fs'
import { DataError } from '../../errors.ts'
import { openFile } from '../../io/regular-file.ts'
import { parseTarHeader, safeName, sizeIn, textIn } from './tar-header.ts'

/** A file inside a tar archive: bytes `[offset, offset + size)` of the archive. */
export interface TarEntry {
  readonly name: string
  readonly offset: number
  readonly size: number
}

const block = 512

/**
 * Lists the files of a tar archive by reading only its headers (ustar, GNU long names, pax paths and sizes).
 * @throws DataError if a header is damaged, the archive is cut off, an entry is a link or
 * its name is outside the archive
 */
export function readTarIndex(archive: string): TarEntry[] {
  const file = openFile(archive, 'tar', DataError)
  try {
    return [...entries(archive, file, fstatSync(file).size)]
  } finally {
    closeSync(file)
  }
}

function* entries(archive: string, file: number, end: number): Generator<TarEntry> {
  const buffer = Buffer.alloc(block)
  let extended: Extension = {}
  for (let at = 0; ; ) {
    if (at + block > end) throw truncated(archive, at, end, 'a header or the end mark')
    fill(file, buffer, at, archive)
    if (buffer.every((byte) => byte === 0)) return
    const { name, size, type } = parseTarHeader(buffer, archive, at)
    const offset = at + block
    const length = extended.size ?? size
    if (!(length <= end - offset))
      throw truncated(archive, at, end, `${extended.name ?? name} (${length} bytes)`)
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

/** What a record before a header says about the next entry. */
interface Extension {
  readonly name?: string
  readonly size?: number
}

/** Reads a GNU long name ('L') or pax records ('x': `LENGTH KEY=VALUE\n`), which describe the next entry. */
function readExtension(file: number, type: string, offset: number, size: number, archive: string): Extension {
  if (size > 1 << 20) throw new DataError(`tar: ${archive} has a ${size}-byte name record at byte ${offset}`)
  const bytes = Buffer.alloc(size)
  fill(file, bytes, offset, archive)
  if (type === 'L') return { name: textIn(bytes) }
  let found: Extension = {}
  for (let at = 0; at < size; ) {
    const space = bytes.indexOf(32, at)
    const digits = space < 0 ? '' : bytes.toString('latin1', at, Math.min(space, at + 20))
    const length = /^\d+$/.test(digits) ? Number(digits) : 0
    if (length < 5 || length > size - at)
      throw new DataError(`tar: ${archive} has a damaged pax record at byte ${offset + at}. Copy it again.`)
    const record = bytes.toString('utf8', space + 1, at + length - 1)
    if (record.startsWith('path=')) found = { ...found, name: record.slice(5) }
    if (record.startsWith('size='))
      found = { ...found, size: sizeIn(record.slice(5), `${archive}, pax record at byte ${offset + at}`) }
    at += length
  }
  return found
}

/** Reads all of `bytes` from a position. */
function fill(file: number, bytes: Buffer, position: number, archive: string): void {
  for (let at = 0; at < bytes.length; ) {
    const got = readSync(file, bytes, at, bytes.length - at, position + at)
    if (got === 0)
      throw new DataError(`tar: ${archive} became shorter while it was read. Wait until it is whole.`)
    at += got
  }
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
