import { closeSync, openSync, readSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { DataError } from '../errors.ts'
import { decode, type Size } from './decode.ts'
import { drawnSize as defaultDrawnSize, drawImage } from './drawn/draw-image.ts'
import { type ImageSource, sourceName } from './example.ts'
import type { Pixels } from './pixels.ts'

/** Reads images of any source; keeps the archives it has read from open until `close`. */
export interface ImageReader {
  /** Decodes an image; `enough` as for `decode`. @throws DataError naming the image if it cannot be read */
  read(source: ImageSource, enough?: Size): Promise<Pixels>
  close(): void
}

/** Opens a reader. Drawn images come out `drawnSize` pixels wide and high. */
export function imageReader(drawnSize = defaultDrawnSize): ImageReader {
  const archives = new Map<string, number>()
  return {
    async read(source, enough) {
      if (source.kind === 'drawn') return drawImage(source.task, source.seed, source.index, drawnSize)
      const bytes = source.kind === 'file' ? await fileBytes(source.path) : tarBytes(source, archives)
      return decode(bytes, sourceName(source), enough)
    },
    close() {
      for (const file of archives.values()) closeSync(file)
      archives.clear()
    },
  }
}

async function fileBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new DataError(`read: cannot open image ${path}: ${(error as Error).message}`)
  }
}

function tarBytes(source: Extract<ImageSource, { kind: 'tar' }>, archives: Map<string, number>): Uint8Array {
  let read = 0
  const bytes = new Uint8Array(source.size)
  try {
    const file = archives.get(source.archive) ?? openSync(source.archive, 'r')
    archives.set(source.archive, file)
    read = readSync(file, bytes, 0, source.size, source.offset)
  } catch (error) {
    throw new DataError(`read: cannot open archive ${source.archive}: ${(error as Error).message}`)
  }
  if (read === source.size) return bytes
  throw new DataError(
    `read: ${sourceName(source)} ends after ${read} of ${source.size} bytes. Did the archive change?`,
  )
}
