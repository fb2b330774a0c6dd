import { inflateSync } from 'node:zlib'

/** Deflate makes at most 1,032 bytes of one: so few compressed bytes cannot fill the memory. */
const harmless = 64 * 1024

/**
 * The chunks of a PNG that its pixels need, IHDR, IDAT and IEND, without any others: no colour profile or
 * comment is unpacked.
 * @param pixelBytes number of bytes that the image data hold
 * @throws Error if a chunk is cut off, or the image data hold more bytes than that
 */
export function pixelChunks(png: Uint8Array, pixelBytes: number): Uint8Array {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength)
  const kept: Uint8Array[] = [png.subarray(0, firstChunk)]
  const packed: Uint8Array[] = []
  for (let at = firstChunk, type = ''; type !== 'IEND'; ) {
    if (at + 12 > png.length) throw new Error('it ends without the chunk IEND')
    const end = at + 12 + view.getUint32(at)
    type = String.fromCharCode(...png.subarray(at + 4, at + 8))
    if (end > png.length) throw new Error(`it ends within the chunk ${type}`)
    if (type === 'IDAT') packed.push(png.subarray(at + 8, end - 4))
    if (type === 'IDAT' || type === 'IEND' || (type === 'IHDR' && at === firstChunk))
      kept.push(png.subarray(at, end))
    at = end
  }
  const size = packed.reduce((sum, { length }) => sum + length, 0)
  if (size > harmless) inflateSync(Buffer.concat(packed), { maxOutputLength: pixelBytes })
  return Buffer.concat(kept)
}

/** Offset of the first chunk: the signature has 8 bytes. */
const firstChunk = 8
