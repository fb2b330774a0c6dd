import { DataError } from '../../errors.ts'
import { messageOf } from '../../message-of.ts'
import { convertAdvice, isHeic, looksLikeImage } from './image-signature.ts'
import { loadSharp } from './load-sharp.ts'
import type { Pixels } from './pixels.ts'

/** Larger images are refused by their header, before decoding: 100 million pixels are 300 MB as RGB. */
export const maxPixels = 100_000_000

/** Limit for an image file, in bytes. */
export const maxFileBytes = 512 * 2 ** 20

const reading = { failOn: 'truncated', limitInputPixels: maxPixels, ignoreIcc: true } as const

/** A width and a height in pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

/**
 * Decodes JPEG, PNG, WebP, GIF (first frame), TIFF or AVIF bytes to 8-bit RGB: rotated by its EXIF
 * orientation, transparency over white, grey and CMYK converted. Colour profiles are not applied (as in PIL).
 * @param name name of the image in error messages
 * @param enough a JPEG may be reduced by 2, 4 or 8, which is far faster, but never below this size
 * @throws DataError if the bytes are no image, truncated, damaged or have more than `maxPixels` pixels
 */
export async function decode(bytes: Uint8Array, name: string, enough?: Size): Promise<Pixels> {
  if (isHeic(bytes))
    throw new DataError(`decode: ${name} is HEIC, which cannot be read here. ${convertAdvice}`)
  if (!looksLikeImage(bytes))
    throw new DataError(`decode: ${name} is not an image, ${describe(bytes)}. ${advice}`)
  try {
    const smaller = enough && bytes.length > smallFile ? await shrunk(bytes, enough) : undefined
    const upright = loadSharp()(bytes, reading).autoOrient()
    const { data, info } = await (smaller
      ? upright.resize({ ...smaller, fit: 'fill', kernel: 'cubic' })
      : upright
    )
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    if (info.channels !== 3) throw new DataError(`decode: ${name} has ${info.channels} channels, expected 3`)
    return {
      width: info.width,
      height: info.height,
      data: new Uint8Array(data.buffer, data.byteOffset, data.length),
    }
  } catch (error) {
    if (error instanceof DataError) throw error
    throw new DataError(`decode: cannot read image ${name}: ${reason(error)}. ${advice}`)
  }
}

/** For files up to this many bytes, reading the header does not pay. */
const smallFile = 50_000

/**
 * Size to which the JPEG decoder itself can reduce the image without going below `enough`;
 * undefined if there is none.
 */
async function shrunk(bytes: Uint8Array, enough: Size): Promise<Size | undefined> {
  const { format, autoOrient } = await loadSharp()(bytes, reading).metadata()
  if (format !== 'jpeg') return undefined
  const { width, height } = autoOrient
  const factor = [8, 4, 2].find((each) => width / each >= enough.width && height / each >= enough.height)
  return factor === undefined
    ? undefined
    : { width: Math.ceil(width / factor), height: Math.ceil(height / factor) }
}

const advice = 'Replace or remove the file.'

function reason(error: unknown): string {
  const text = messageOf(error).trim().split('\n').at(-1) ?? ''
  if (/pixel limit/i.test(text)) return `it claims more than ${maxPixels / 1e6} million pixels`
  return text
}

function describe(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'the file is empty'
  const hex = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
  return `it starts with bytes ${hex}`
}
