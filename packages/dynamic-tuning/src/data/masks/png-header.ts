/** What the first chunk of a PNG says. */
export interface PngHeader {
  readonly width: number
  readonly height: number
  /** Bits per value: 1, 2, 4, 8 or 16. */
  readonly depth: number
  /** What a pixel is; undefined for numbers that PNG does not have. */
  readonly colour: 'grey' | 'RGB' | 'palette' | 'grey with transparency' | 'RGB with transparency' | undefined
  readonly interlaced: boolean
}

const colours: Readonly<Record<number, PngHeader['colour']>> = {
  0: 'grey',
  2: 'RGB',
  3: 'palette',
  4: 'grey with transparency',
  6: 'RGB with transparency',
}

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/** Bytes that `pngHeader` reads. */
export const pngHeaderBytes = 33

/** The header of a PNG; undefined if the bytes do not begin as one. */
export function pngHeader(bytes: Uint8Array): PngHeader | undefined {
  if (bytes.length < pngHeaderBytes || signature.some((byte, i) => bytes[i] !== byte)) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(12) !== 0x49484452) return undefined
  return {
    width: view.getUint32(16),
    height: view.getUint32(20),
    depth: view.getUint8(24),
    colour: colours[view.getUint8(25)],
    interlaced: view.getUint8(28) !== 0,
  }
}
