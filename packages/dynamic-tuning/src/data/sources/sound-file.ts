import { closeSync, fstatSync, readSync } from 'node:fs'
import { openRegular } from '../../io/regular-file.ts'
import type { ImageSource } from '../example.ts'
import { isVideoName } from './extensions.ts'
import { endsLikeImage, looksLikeImage } from './image-signature.ts'

/** Looks at many files; archives stay open until `close`. */
export interface FileLook {
  /**
   * False if a file may be broken: it is missing, empty or no regular file, or an image that does not begin
   * and end like one. Reads 64 bytes at most; what is between is not looked at.
   */
  seemsSound(source: ImageSource): boolean
  close(): void
}

/** Creates a look at files, which takes microseconds for each where decoding takes milliseconds. */
export function fileLook(): FileLook {
  const archives = new Map<string, number>()
  const archive = (path: string): number => {
    const file = archives.get(path) ?? openRegular(path)
    archives.set(path, file)
    return file
  }
  return {
    seemsSound(source) {
      try {
        if (source.kind === 'tar') return isWhole(archive(source.archive), source.offset, source.size)
        return source.kind !== 'file' || isWholeFile(source.path)
      } catch {
        return false
      }
    },
    close() {
      for (const file of archives.values()) closeSync(file)
      archives.clear()
    },
  }
}

function isWholeFile(path: string): boolean {
  const file = openRegular(path)
  try {
    const { size } = fstatSync(file)
    return isVideoName(path) ? size > 0 : isWhole(file, 0, size)
  } finally {
    closeSync(file)
  }
}

/** Bytes that are read at either end. */
const looked = 32

function isWhole(file: number, offset: number, size: number): boolean {
  const count = Math.min(looked, size)
  const read = (at: number): Uint8Array => {
    const bytes = new Uint8Array(count)
    return bytes.subarray(0, readSync(file, bytes, 0, count, at))
  }
  const first = read(offset)
  if (first.length < 12 || !looksLikeImage(first)) return false
  const last = read(offset + size - count)
  return last.length === count && endsLikeImage(first, last, size)
}
