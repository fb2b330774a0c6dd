import { DataError } from '../../errors.ts'

/** What the header of an entry says. */
export interface TarHeader {
  readonly name: string
  /** Size of the content in bytes: a whole number from 0. */
  readonly size: number
  /** `0` a file, `5` a folder, `L` a GNU long name, `x` pax records, ... */
  readonly type: string
}

/**
 * Reads a header of 512 bytes (POSIX ustar, GNU sizes of 8 GB and more).
 * @param at its offset in the archive, for error messages
 * @throws DataError if its checksum is wrong, or its size is no whole number from 0
 */
export function parseTarHeader(buffer: Buffer, archive: string, at: number): TarHeader {
  let sum = 8 * 32
  for (let i = 0; i < buffer.length; i++) if (i < 148 || i >= 156) sum += buffer[i] ?? 0
  if (number(buffer.subarray(148, 156)) !== sum) {
    throw new DataError(
      `tar: ${archive} has a damaged header at byte ${at}. Is it a tar archive, uncompressed?`,
    )
  }
  const prefix = textIn(buffer.subarray(257, 263)) === 'ustar' ? textIn(buffer.subarray(345, 500)) : ''
  const name = textIn(buffer.subarray(0, 100))
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: checkSize(
      number(buffer.subarray(124, 136)),
      textIn(buffer.subarray(124, 136)),
      `${archive}, byte ${at}`,
    ),
    type: buffer.toString('latin1', 156, 157),
  }
}

/** The size in decimal digits, as pax records have it. @throws DataError if it is no whole number from 0 */
export function sizeIn(digits: string, place: string): number {
  return checkSize(/^\d+$/.test(digits) ? Number(digits) : Number.NaN, digits, place)
}

function checkSize(size: number, text: string, place: string): number {
  if (Number.isSafeInteger(size) && size >= 0) return size
  throw new DataError(
    `tar: ${place}: the size of an entry is ${JSON.stringify(text)}, expected a whole number from 0. Copy it again.`,
  )
}

/**
 * Reads octal text, or a big-endian binary number if the first bit is set (files of 8 GB
 * and more). NaN if neither, and for negative numbers.
 */
function number(field: Buffer): number {
  if ((field.readUInt8() & 0x80) !== 0) {
    const high = field.subarray(1, field.length - 6)
    const isSmall = field.readUInt8() === 0x80 && high.every((byte) => byte === 0)
    return isSmall ? field.readUIntBE(field.length - 6, 6) : Number.NaN
  }
  const digits = textIn(field).trim()
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : Number.NaN
}

/** The text in a field, up to the first zero byte. */
export function textIn(field: Buffer): string {
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? field.length : end)
}

/**
 * The name of an entry as a path inside the archive, without `.` and empty parts.
 * @throws DataError if it leads outside, or holds a zero byte
 */
export function safeName(name: string, archive: string, at: number): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (name.startsWith('/') || parts.includes('..') || name.includes('\0'))
    throw new DataError(`tar: ${archive} holds the unsafe name ${JSON.stringify(name)} at byte ${at}`)
  return parts.join('/')
}
