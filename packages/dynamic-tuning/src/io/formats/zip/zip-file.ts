import { inflateRawSync } from 'node:zlib'
import { CheckpointError } from '../../../errors.ts'
import { messageOf } from '../../../message-of.ts'
import { present } from '../../../present.ts'
import { openSliced, type SlicedFile } from '../../read-slice.ts'
import { mostUnpacked, unpackedAdvice } from '../../unpacked-limit.ts'
import { crc32 } from './crc32.ts'
import { damaged, readDirectory, type ZipEntry } from './directory.ts'

/** A member of an open archive. */
export interface ZipMember {
  readonly name: string
  /** Bytes after decompression. */
  readonly size: number
  /** Reads `length` bytes from `offset` without checking the checksum: for headers. */
  peek(offset: number, length: number): Uint8Array
  /**
   * Reads `length` bytes from `offset`. Memory holds only these bytes of a stored member, but the whole of a
   * deflated one. The first read verifies the checksum of the whole member.
   * @throws CheckpointError if the checksum is wrong
   */
  read(offset: number, length: number): Uint8Array
}

/** An open zip archive. Close it after use. */
export interface ZipFile {
  readonly path: string
  readonly members: ReadonlyMap<string, ZipMember>
  close(): void
}

const chunk = 2 ** 20

/**
 * Opens a zip archive for reading parts of its members; memory holds only its directory.
 * @throws CheckpointError for damaged archives, members that overlap, share a name or grow too much
 */
export function openZip(path: string): ZipFile {
  const file = openSliced(path, 'zip')
  try {
    const entries = readDirectory(file)
    checkGrowth(file, entries)
    const starts = dataStarts(file, entries)
    const members = new Map<string, ZipMember>()
    for (const entry of entries) {
      if (members.has(entry.name)) throw damaged(path, `it has the member "${entry.name}" twice`)
      members.set(
        entry.name,
        openMember(file, entry, present(starts.get(entry), `the start of ${entry.name}`)),
      )
    }
    return { path, members, close: file.close }
  } catch (error) {
    file.close()
    throw error
  }
}

function checkGrowth({ path, length }: SlicedFile, entries: readonly ZipEntry[]): void {
  const total = entries.reduce((sum, { size }) => sum + size, 0)
  const most = mostUnpacked(length)
  if (total <= most) return
  throw new CheckpointError(
    `zip: ${path} of ${length} bytes promises ${total} bytes, at most ${most} are unpacked. ${unpackedAdvice(total)}`,
  )
}

/** Offset of each member's data; checks the local headers, and that members do not overlap. */
function dataStarts(file: SlicedFile, entries: readonly ZipEntry[]): Map<ZipEntry, number> {
  const starts = new Map<ZipEntry, number>()
  let end = 0
  for (const entry of [...entries].sort((a, b) => a.header - b.header)) {
    const { name, header, compressed } = entry
    if (header < end) throw damaged(file.path, `member "${name}" overlaps another one`)
    if (header + 30 > file.length) throw damaged(file.path, `member "${name}" lies outside the file`)
    const local = Buffer.from(file.read(header, 30).buffer)
    if (local.readUInt32LE(0) !== 0x04034b50)
      throw damaged(file.path, `member "${name}" does not begin where its directory says`)
    const start = header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28)
    end = start + compressed
    if (end > file.length) throw damaged(file.path, `member "${name}" lies outside the file`)
    starts.set(entry, start)
  }
  return starts
}

function openMember(file: SlicedFile, entry: ZipEntry, start: number): ZipMember {
  const { name, size } = entry
  let checked = false
  let inflated: WeakRef<Uint8Array> | undefined
  const whole = (): Uint8Array => {
    const kept = inflated?.deref()
    if (kept) return kept
    const bytes = inflate(file, entry, start)
    inflated = new WeakRef(bytes)
    return bytes
  }
  const peek = (offset: number, length: number): Uint8Array => {
    if (offset < 0 || length < 0 || offset + length > size)
      throw damaged(
        file.path,
        `bytes ${offset} to ${offset + length} of "${name}" are wanted, it has ${size}`,
      )
    if (entry.method === 8) return whole().slice(offset, offset + length)
    return file.read(start + offset, length)
  }
  return {
    name,
    size,
    peek,
    read(offset, length) {
      const bytes = peek(offset, length)
      if (entry.method === 0 && !checked)
        checkCrc(file.path, entry, length === size ? crc32(bytes) : crcOf(file, start, size))
      checked = true
      return bytes
    },
  }
}

function inflate(file: SlicedFile, entry: ZipEntry, start: number): Uint8Array {
  const { name, size, compressed } = entry
  let bytes: Uint8Array
  try {
    // A plain array: slices of a Buffer would share its memory.
    bytes = new Uint8Array(
      inflateRawSync(file.read(start, compressed), { maxOutputLength: Math.max(1, size) }),
    )
  } catch (error) {
    throw damaged(file.path, `member "${name}" cannot be decompressed to ${size} bytes (${messageOf(error)})`)
  }
  if (bytes.length !== size)
    throw damaged(file.path, `member "${name}" has ${bytes.length} bytes, ${size} are promised`)
  checkCrc(file.path, entry, crc32(bytes))
  return bytes
}

/** The checksum of a stored member, read piece by piece. */
function crcOf(file: SlicedFile, start: number, size: number): number {
  let crc = 0
  for (let at = 0; at < size; at += chunk) crc = crc32(file.read(start + at, Math.min(chunk, size - at)), crc)
  return crc
}

function checkCrc(path: string, { name, crc }: ZipEntry, got: number): void {
  if (got === crc) return
  const hex = (value: number): string => value.toString(16).padStart(8, '0')
  throw damaged(path, `member "${name}" has checksum ${hex(got)}, expected ${hex(crc)}`)
}
