import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { messageOf } from '../message-of.ts'
import type { FailureType } from './write-aside.ts'

/** A pipe that becomes one between the check and the opening does not wait for a writer. */
const reading = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/**
 * Opens a file for reading. Only regular files are opened: a pipe or a device would never end, and a process
 * that waits for one cannot be stopped.
 * @throws Error saying why it cannot be opened; the caller names the unit and the path
 */
export function openRegular(path: string): number {
  if (!statSync(path).isFile()) throw notRegular()
  const file = openSync(path, reading)
  if (fstatSync(file).isFile()) return file
  closeSync(file)
  throw notRegular()
}

/**
 * As `openRegular`, for callers without words of their own.
 * @param unit first word of the error message
 * @throws `failure` naming the file
 */
export function openFile(path: string, unit: string, failure: FailureType): number {
  try {
    return openRegular(path)
  } catch (error) {
    throw new failure(`${unit}: cannot open ${path}, got ${messageOf(error)}. Check the file.`)
  }
}

/**
 * The bytes of a regular file.
 * @param most largest number of bytes
 * @throws Error saying why it cannot be read, as `openRegular`
 */
export function readRegular(path: string, most: number = Number.POSITIVE_INFINITY): Buffer {
  const file = openRegular(path)
  try {
    checkSize(fstatSync(file).size, most)
    return readFileSync(file)
  } finally {
    closeSync(file)
  }
}

/** As `readRegular`, without blocking the thread. */
export async function readRegularLater(path: string, most: number): Promise<Buffer> {
  if (!(await stat(path)).isFile()) throw notRegular()
  const file = await open(path, reading)
  try {
    const found = await file.stat()
    if (!found.isFile()) throw notRegular()
    checkSize(found.size, most)
    return await file.readFile()
  } finally {
    await file.close()
  }
}

/** Limit for text files, in bytes. */
const mostText = 256 * 2 ** 20

/**
 * The text of a file, UTF-8.
 * @param unit first word of the error message
 * @throws `failure` naming the file if it is no regular file, cannot be read or has over 256 MB
 */
export function readText(path: string, unit: string, failure: FailureType, most = mostText): string {
  try {
    return readRegular(path, most).toString('utf8')
  } catch (error) {
    throw new failure(`${unit}: cannot read ${path}, got ${messageOf(error)}. Check the file.`)
  }
}

/** True if a path names a regular file; false if it names something else, nothing, or cannot be looked at. */
export function isFile(path: string): boolean {
  return kindOf(path) === 'file'
}

/** True if a path names a folder, as `isFile`. */
export function isFolder(path: string): boolean {
  return kindOf(path) === 'folder'
}

function kindOf(path: string): 'file' | 'folder' | undefined {
  try {
    const found = statSync(path)
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : undefined
  } catch {
    return undefined // a name that is too long, holds a zero byte, or lies in a place that may not be read
  }
}

function notRegular(): Error {
  return new Error('it is no regular file')
}

function checkSize(size: number, most: number): void {
  if (size > most) throw new Error(`it has ${size} bytes, at most ${most} are read`)
}
