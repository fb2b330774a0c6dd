import { closeSync, fstatSync, readSync } from 'node:fs'
import { CheckpointError } from '../errors.ts'
import { messageOf } from '../message-of.ts'
import { isFolder, openRegular } from './regular-file.ts'

/** A file open for reading parts of it. Close it after use. */
export interface SlicedFile {
  readonly path: string
  /** Size in bytes. */
  readonly length: number
  /** Changes when the file changes: the same path with the same stamp has the same bytes. */
  readonly stamp: string
  /**
   * Reads `length` bytes from `offset`; the caller has checked the range.
   * @throws CheckpointError if they are missing
   */
  read(offset: number, length: number): Uint8Array
  close(): void
}

/**
 * Opens a file for reading parts of it, so that a file of several GB takes no memory.
 * @param unit first word of error messages
 * @throws CheckpointError if the path is not a readable file
 */
export function openSliced(path: string, unit: string): SlicedFile {
  const file = openFile(path, unit)
  const { ino, size, mtimeNs } = fstatSync(file, { bigint: true })
  return {
    path,
    length: Number(size),
    stamp: `${ino} ${size} ${mtimeNs}`,
    read: (offset, length) => readBytes(file, path, { unit, offset, length }),
    close: () => closeSync(file),
  }
}

function openFile(path: string, unit: string): number {
  if (isFolder(path)) throw new CheckpointError(`${unit}: ${path} is not a file. Name the file in it.`)
  try {
    return openRegular(path)
  } catch (error) {
    throw new CheckpointError(`${unit}: cannot open ${path}, got ${messageOf(error)}. Is the path right?`)
  }
}

function readBytes(
  file: number,
  path: string,
  { unit, offset, length }: { readonly unit: string; readonly offset: number; readonly length: number },
): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; ) {
    const got = readSync(file, bytes, at, Math.min(length - at, 2 ** 30), offset + at)
    if (got === 0) throw new CheckpointError(`${unit}: ${path} became shorter while it was read. Try again.`)
    at += got
  }
  return bytes
}
