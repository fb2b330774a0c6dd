import { maskedCrc32c } from './crc32c.ts'

/** A record of a TFRecord file. */
export interface TfRecord {
  readonly data: Uint8Array
  /** Offset of the byte after the record. */
  readonly end: number
}

const headBytes = 12
const tailBytes = 4

/**
 * Encodes one TFRecord: length as uint64, its masked CRC-32C, the data, its masked CRC-32C; little-endian.
 */
export function encodeRecord(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headBytes + data.length + tailBytes)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, maskedCrc32c(bytes.subarray(0, 8)), true)
  bytes.set(data, headBytes)
  view.setUint32(headBytes + data.length, maskedCrc32c(data), true)
  return bytes
}

/** The records of a file before the first one that is cut off or damaged. */
export function* readRecords(bytes: Uint8Array): Generator<TfRecord> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + headBytes + tailBytes <= bytes.length; ) {
    const length = Number(view.getBigUint64(at, true))
    const start = at + headBytes
    if (view.getUint32(at + 8, true) !== maskedCrc32c(bytes.subarray(at, at + 8))) return
    if (start + length + tailBytes > bytes.length) return
    const data = bytes.subarray(start, start + length)
    if (view.getUint32(start + length, true) !== maskedCrc32c(data)) return
    at = start + length + tailBytes
    yield { data, end: at }
  }
}
