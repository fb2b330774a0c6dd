import { decode } from 'fast-png'
import { DataError } from '../../errors.ts'
import { readRegularLater } from '../../io/regular-file.ts'
import { messageOf } from '../../message-of.ts'
import type { LabelMap } from '../label-map.ts'
import { maxFileBytes, maxPixels } from '../sources/decode.ts'
import { drawnSize as defaultDrawnSize, drawLabelMap } from '../sources/drawn/draw-image.ts'
import { expectedValues, type MaskSource, unknownLabel } from './mask-source.ts'
import { pixelChunks } from './png-chunks.ts'
import { type PngHeader, pngHeader } from './png-header.ts'

/** The values of a mask as its file has them, row by row. */
export interface MaskValues {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array | Uint16Array
}

/**
 * Reads a mask as class numbers. Drawn masks are `drawnSize` pixels wide and high, as their pictures.
 * @throws DataError naming the file: it is no PNG of one channel (`readMaskValues`), or a value at some row
 * and column stands for no class
 */
export async function readMask(source: MaskSource, drawnSize = defaultDrawnSize): Promise<LabelMap> {
  const { image } = source
  if (image.kind === 'drawn') return drawLabelMap(image.task, image.seed, image.index, drawnSize)
  return toLabels(await readMaskValues(image.path), source, image.path)
}

/**
 * Converts the values of a mask to class numbers.
 * @param name name of the mask in messages
 * @throws DataError naming the first value that stands for no class, and its place
 */
export function toLabels({ width, height, data }: MaskValues, source: MaskSource, name: string): LabelMap {
  const { classes, count } = source
  const labels = new Uint16Array(data.length)
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number
    const label = classes[value] ?? unknownLabel
    if (label === unknownLabel) {
      const place = `row ${Math.floor(i / width)}, column ${i % width}`
      throw new DataError(
        `mask: ${name}: value ${value} at ${place} is none of the ${count} classes, expected ${expectedValues(source)}. Correct the mask or the list of classes.`,
      )
    }
    labels[i] = label
  }
  return { width, height, data: labels }
}

/**
 * Reads a PNG of palette indices or of 8- or 16-bit grey values as they are stored.
 * @throws DataError naming the file if it is another format, RGB, truncated, damaged or too large
 */
export async function readMaskValues(path: string): Promise<MaskValues> {
  let bytes: Uint8Array
  try {
    bytes = await readRegularLater(path, maxFileBytes)
  } catch (error) {
    throw new DataError(`mask: cannot open ${path}: ${messageOf(error)}`)
  }
  return maskValues(bytes, path)
}

/** As `readMaskValues`, for the bytes of a file. @param name name of the mask in messages */
export function maskValues(bytes: Uint8Array, name: string): MaskValues {
  const header = checkedHeader(bytes, name)
  const { width, height, depth, interlaced } = header
  const rowBytes = Math.ceil((width * depth) / 8)
  try {
    // Interlaced rows come in seven passes, and every row begins with a byte for its filter.
    const pixelBytes = height * rowBytes + (interlaced ? 7 : 1) * (height + 1)
    const { data } = decode(pixelChunks(bytes, pixelBytes), { checkCrc: true })
    if (data instanceof Uint16Array) return { width, height, data }
    const stored = new Uint8Array(data.buffer, data.byteOffset, data.length)
    return { width, height, data: depth < 8 ? unpacked(stored, header) : stored }
  } catch (error) {
    throw new DataError(
      `mask: cannot read ${name}, it is truncated or damaged: ${messageOf(error)}. ${replace}`,
    )
  }
}

const replace = 'Replace or remove the file.'
const asNumbers = 'Expected a PNG with the class number of every pixel: a palette, or 8- or 16-bit grey.'

function checkedHeader(bytes: Uint8Array, name: string): PngHeader {
  const header = pngHeader(bytes)
  if (header === undefined) throw new DataError(`mask: ${name} is no PNG. ${asNumbers}`)
  const { width, height, depth, colour, interlaced } = header
  if (width * height > maxPixels)
    throw new DataError(
      `mask: ${name} has ${width} x ${height} pixels, at most ${maxPixels / 1e6} million are read. Make it and its image smaller.`,
    )
  if (width === 0 || height === 0) throw new DataError(`mask: ${name} has no pixels. ${replace}`)
  if (colour === 'palette' && depth > 8)
    throw new DataError(
      `mask: ${name} has a palette of ${depth} bits, PNG has up to 8. Save it as 16-bit grey.`,
    )
  if (colour !== 'palette' && colour !== 'grey')
    throw new DataError(
      `mask: ${name} is ${colour ?? 'of an unknown colour type'}. ${asNumbers} Convert each colour to its class number first (docs/data.md shows how).`,
    )
  if (interlaced && depth < 8)
    throw new DataError(
      `mask: ${name} is interlaced with ${depth} bits per pixel. Save it without interlacing.`,
    )
  return header
}

/** One value per byte from values of 1, 2 or 4 bits; every row begins with a new byte. */
function unpacked(packed: Uint8Array, { width, height, depth }: PngHeader): Uint8Array {
  const data = new Uint8Array(width * height)
  const [perByte, rowBytes, mask] = [8 / depth, Math.ceil((width * depth) / 8), (1 << depth) - 1]
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const byte = packed[y * rowBytes + Math.floor(x / perByte)] as number
      data[y * width + x] = (byte >> (8 - depth * ((x % perByte) + 1))) & mask
    }
  return data
}
