import { DataError } from '../../errors.ts'

/** Storage codes of data elements (MAT-File Format, table "MAT-File Data Types"). */
export const storage = {
  int8: 1,
  uint8: 2,
  int16: 3,
  uint16: 4,
  int32: 5,
  uint32: 6,
  single: 7,
  double: 9,
  int64: 12,
  uint64: 13,
  matrix: 14,
  compressed: 15,
  utf8: 16,
  utf16: 17,
} as const

/** Bytes of one variable, and its name in error messages. */
export interface MatBytes {
  readonly view: DataView
  readonly littleEndian: boolean
  /** `FILE: variable annotations`. */
  readonly where: string
  /** Counts the arrays read so far. */
  readonly read: { arrays: number }
}

/** A data element: `length` bytes from `start`; the next one is at `next`. */
export interface MatElement {
  readonly type: number
  readonly start: number
  readonly length: number
  readonly next: number
}

/**
 * Reads the tag at `at`: 4 bytes of type and 4 of length, or both in 4 bytes with the data in the
 * other 4. Data are padded to 8 bytes.
 * @throws DataError if the element does not end before `end`
 */
export function elementAt({ view, littleEndian, where }: MatBytes, at: number, end: number): MatElement {
  if (at + 8 > end) throw new DataError(`mat: ${where} ends at byte ${end}, expected an element at ${at}`)
  const first = view.getUint32(at, littleEndian)
  const short = first >>> 16
  const length = short === 0 ? view.getUint32(at + 4, littleEndian) : short
  const start = short === 0 ? at + 8 : at + 4
  const next = short === 0 ? start + 8 * Math.ceil(length / 8) : at + 8
  if ((short !== 0 && length > 4) || start + length > end)
    throw new DataError(
      `mat: ${where} has an element of ${length} bytes at byte ${at}, beyond its end at ${end}. Is the file damaged?`,
    )
  return { type: short === 0 ? first : first & 0xffff, start, length, next }
}
