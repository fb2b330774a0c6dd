import { CheckpointError } from '../../../errors.ts'
import type { SlicedFile } from '../../read-slice.ts'

/** A member of an archive as described in the central directory. Sizes in bytes. */
export interface ZipEntry {
  readonly name: string
  /** 0 stored, 8 deflated. */
  readonly method: 0 | 8
  readonly crc: number
  readonly compressed: number
  readonly size: number
  /** Offset of its local header. */
  readonly header: number
}

const endSignature = 0x06054b50
const endLength = 22
const zip64LocatorSignature = 0x07064b50
const zip64EndSignature = 0x06064b50
const entrySignature = 0x02014b50
const wide = 0xffffffff
/** Limit for a central directory, in bytes: no weight file has a larger one. */
const maxDirectory = 64 * 2 ** 20

/**
 * Lists the members of a zip archive, also of zip64, in the order of its central directory
 * (PKWARE APPNOTE 6.3, 4.3 and 4.5.3).
 * @throws CheckpointError for archives that are cut off, split, encrypted or use a
 * compression other than deflate
 */
export function readDirectory(file: SlicedFile): ZipEntry[] {
  const { path } = file
  const { offset, length, count } = findDirectory(file)
  if (length > maxDirectory || offset + length > file.length)
    throw damaged(path, `its directory of ${length} bytes at ${offset} lies outside the file`)
  const bytes = Buffer.from(file.read(offset, length).buffer)
  const entries: ZipEntry[] = []
  let at = 0
  while (at < length && entries.length < count) {
    if (length - at < 46 || bytes.readUInt32LE(at) !== entrySignature)
      throw damaged(path, `entry ${entries.length} of its directory is none`)
    const [name, extra] = [bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30)]
    const next = at + 46 + name + extra + bytes.readUInt16LE(at + 32)
    if (next > length) throw damaged(path, `entry ${entries.length} of its directory is cut off`)
    entries.push(readEntry(path, bytes.subarray(at, next), name, extra))
    at = next
  }
  if (entries.length !== count)
    throw damaged(path, `its directory has ${entries.length} entries, ${count} are promised`)
  return entries
}

interface Directory {
  readonly offset: number
  readonly length: number
  readonly count: number
}

function findDirectory(file: SlicedFile): Directory {
  const tailLength = Math.min(file.length, endLength + 0xffff)
  const tailStart = file.length - tailLength
  const tail = Buffer.from(file.read(tailStart, tailLength).buffer)
  for (let at = tailLength - endLength; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== endSignature) continue
    // A signature inside a comment does not match the comment's length.
    if (at + endLength + tail.readUInt16LE(at + 20) !== tailLength) continue
    const count = tail.readUInt16LE(at + 10)
    const directory = { count, length: tail.readUInt32LE(at + 12), offset: tail.readUInt32LE(at + 16) }
    if (count !== tail.readUInt16LE(at + 8)) throw damaged(file.path, 'it is split over several files')
    const isWide = count === 0xffff || directory.length === wide || directory.offset === wide
    return isWide ? findZip64(file, tailStart + at) : directory
  }
  throw damaged(file.path, 'it has no directory at its end')
}

function findZip64(file: SlicedFile, end: number): Directory {
  const locator = end - 20
  if (locator < 0) throw damaged(file.path, 'it has no zip64 locator')
  const where = Buffer.from(file.read(locator, 20).buffer)
  const offset = Number(where.readBigUInt64LE(8))
  if (where.readUInt32LE(0) !== zip64LocatorSignature || offset > locator - 56)
    throw damaged(file.path, 'its zip64 locator points nowhere')
  const record = Buffer.from(file.read(offset, 56).buffer)
  if (record.readUInt32LE(0) !== zip64EndSignature) throw damaged(file.path, 'it has no zip64 directory')
  return {
    count: Number(record.readBigUInt64LE(32)),
    length: Number(record.readBigUInt64LE(40)),
    offset: Number(record.readBigUInt64LE(48)),
  }
}

function readEntry(path: string, bytes: Buffer, nameLength: number, extraLength: number): ZipEntry {
  const name = bytes.toString('utf8', 46, 46 + nameLength)
  const method = bytes.readUInt16LE(10)
  if (bytes.readUInt16LE(8) & 1)
    throw new CheckpointError(`zip: member "${name}" of ${path} is encrypted. Decrypt it first.`)
  if (method !== 0 && method !== 8)
    throw new CheckpointError(
      `zip: member "${name}" of ${path} is compressed by method ${method}, expected 0 (stored) or 8 (deflate). Save it again without compression.`,
    )
  const extra = bytes.subarray(46 + nameLength, 46 + nameLength + extraLength)
  const narrow: Sizes = [bytes.readUInt32LE(24), bytes.readUInt32LE(20), bytes.readUInt32LE(42)]
  const [size, compressed, header] = narrow.includes(wide) ? widen(path, name, narrow, extra) : narrow
  if (method === 0 && size !== compressed)
    throw damaged(path, `member "${name}" is stored, with ${compressed} bytes for ${size}`)
  return { name, method, crc: bytes.readUInt32LE(16), compressed, size, header }
}

type Sizes = [size: number, compressed: number, header: number]

/** Values over 32 bits are in extra field 1, in this order; others are left out there. */
function widen(path: string, name: string, narrow: Sizes, extra: Buffer): Sizes {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue
    const values = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2))
    let next = 0
    const widened = (value: number): number => {
      if (value !== wide) return value
      if (values.length < next + 8) throw damaged(path, `member "${name}" lacks its zip64 sizes`)
      next += 8
      return Number(values.readBigUInt64LE(next - 8))
    }
    const [size, compressed, header] = narrow
    return [widened(size), widened(compressed), widened(header)]
  }
  throw damaged(path, `member "${name}" lacks its zip64 sizes`)
}

/** The error for any defect of an archive. */
export function damaged(path: string, what: string): CheckpointError {
  return new CheckpointError(`zip: ${path} is damaged, ${what}. Is the download complete?`)
}
