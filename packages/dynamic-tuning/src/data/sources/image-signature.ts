/**
 * Only these formats reach the decoder, whatever the file's ending (an SVG or PDF would run other parsers).
 */
const signatures: readonly { at: number; text: string }[] = [
  { at: 0, text: '\xff\xd8\xff' },
  { at: 0, text: '\x89PNG\r\n\x1a\n' },
  { at: 0, text: 'GIF8' },
  { at: 8, text: 'WEBP' },
  { at: 0, text: 'II*\0' },
  { at: 0, text: 'MM\0*' },
  { at: 4, text: 'ftypavi' },
  { at: 4, text: 'ftypmif1' },
]

/** True if bytes begin as images do that can be decoded. */
export function looksLikeImage(bytes: Uint8Array): boolean {
  return signatures.some(({ at, text }) => textAt(bytes, at, text.length) === text)
}

/** True for HEIC (HEVC in HEIF), which the prebuilt decoder cannot read, as HEVC is patented. */
export function isHeic(bytes: Uint8Array): boolean {
  if (textAt(bytes, 4, 4) !== 'ftyp') return false
  const brands = textAt(bytes, 8, 40)
  return /he[iv][cxms]/.test(brands) && !brands.includes('avif')
}

/** How pictures of a format that is not read become ones that are. */
export const convertAdvice =
  'Convert it to JPEG first, such as with ImageMagick (magick mogrify -format jpg FILES) or on a Mac (sips -s format jpeg FILE --out NAME.jpg).'

/**
 * True if the last bytes of an image are those with which its format ends, or the format has no such bytes.
 * A false answer is a reason to decode the image, no proof: some cameras append data.
 * @param first at least 12 bytes
 * @param last the last 12 bytes or more
 */
export function endsLikeImage(first: Uint8Array, last: Uint8Array, size: number): boolean {
  const ends = (text: string): boolean => textAt(last, last.length - text.length, text.length) === text
  if (first[0] === 0xff) return ends('\xff\xd9')
  if (first[0] === 0x89) return ends('\0\0\0\0IEND\xaeB`\x82')
  if (textAt(first, 0, 3) === 'GIF') return ends(';')
  if (textAt(first, 0, 4) !== 'RIFF') return true
  return new DataView(first.buffer, first.byteOffset).getUint32(4, true) + 8 <= size
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return at < 0 ? '' : String.fromCharCode(...bytes.subarray(at, at + length))
}
