import * as zlib from 'node:zlib'

/** CRC-32 (ISO 3309) of `bytes`, continuing from the checksum of the bytes before. */
export type Crc32 = (bytes: Uint8Array, before?: number) => number

let table: Uint32Array | undefined

/** The checksum computed with a table, for Node before 20.15. */
export const tableCrc32: Crc32 = (bytes, before = 0) => {
  table ??= Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
    return crc
  })
  let crc = ~before
  for (let i = 0; i < bytes.length; i++) {
    crc = (crc >>> 8) ^ (table[(crc ^ (bytes[i] as number)) & 255] as number)
  }
  return ~crc >>> 0
}

/** zlib's checksum if Node has it: four times as fast. */
export const crc32: Crc32 = zlib.crc32 ?? tableCrc32
