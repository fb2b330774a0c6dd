import { closeSync, readSync } from 'node:fs'
import { DataError } from '../../errors.ts'
import { openRegular, readRegularLater } from '../../io/regular-file.ts'
import { messageOf } from '../../message-of.ts'
import { type ImageSource, sourceName } from '../example.ts'
import { decode, maxFileBytes, type Size } from './decode.ts'
import { drawnSize as defaultDrawnSize, drawImage } from './drawn/draw-image.ts'
import { packedSize, unpack } from './packed.ts'
import type { Pixels } from './pixels.ts'

/** Reads images of any source; archives and packed files stay open until `close`. */
export interface ImageReader {
  /** Decodes an image; `enough` as for `decode`. @throws DataError naming the image if it cannot be read */
  read(source: ImageSource, enough?: Size): Promise<Pixels>
  close(): void
}

/** Creates a reader. Drawn images are `drawnSize` pixels wide and high. */
export function imageReader(drawnSize = defaultDrawnSize): ImageReader {
  const files = new Map<string, number>()
  return {
    async read(source, enough) {
      if (source.kind === 'drawn') return drawImage(source.task, source.seed, source.index, drawnSize)
      if (source.kind === 'packed') {
        const { file, offset, unpacked } = source
        const size = packedSize(source)
        const pixels = unpacked
          ? new Uint8Array(unpacked, offset, size)
          : bytesOf({ file, offset, size }, sourceName(source), files)
        return unpack(pixels, source)
      }
      const bytes =
        source.kind === 'file'
          ? await fileBytes(source.path)
          : bytesOf({ ...source, file: source.archive }, sourceName(source), files)
      return decode(bytes, sourceName(source), enough)
    },
    close() {
      for (const file of files.values()) closeSync(file)
      files.clear()
    },
  }
}

async function fileBytes(path: string): Promise<Uint8Array> {
  try {
    return await readRegularLater(path, maxFileBytes)
  } catch (error) {
    throw new DataError(`read: cannot open image ${path}: ${messageOf(error)}`)
  }
}

interface Range {
  readonly file: string
  readonly offset: number
  readonly size: number
}

function bytesOf({ file, offset, size }: Range, name: string, files: Map<string, number>): Uint8Array {
  let read = 0
  const bytes = new Uint8Array(size)
  try {
    const open = files.get(file) ?? openRegular(file)
    files.set(file, open)
    read = readSync(open, bytes, 0, size, offset)
  } catch (error) {
    throw new DataError(`read: cannot open ${file}: ${messageOf(error)}`)
  }
  if (read === size) return bytes
  throw new DataError(`read: ${name} ends after ${read} of ${size} bytes. Did the file change?`)
}
