import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { RunError, TuningError } from '../errors.ts'

/** Content of a file: text, bytes, or pieces of both that are written one after the other. */
export type FileContent = string | Uint8Array | Iterable<string | Uint8Array>

/** The type of error to throw when a write fails. */
export type FailureType = new (message: string) => TuningError

/**
 * Writes a file so that others see either the old file or the complete new one: the content goes to a
 * temporary file in the same folder, is flushed to the disk, and the file is then renamed.
 * @throws `failure` (default RunError) if the disk is full or the path cannot be written; the old file stays
 */
export function writeAside(path: string, content: FileContent, failure: FailureType = RunError): void {
  const aside = `${path}.${process.pid}.tmp`
  try {
    writePieces(aside, pieces(content))
    renameSync(aside, path)
    flushFolder(dirname(path))
  } catch (error) {
    rmSync(aside, { force: true })
    if (error instanceof TuningError) throw error
    throw new failure(`write: cannot write ${path}, ${reason(error)}`)
  }
}

/** Removes temporary files of killed writers from a folder. No other process may be writing to it. */
export function removeLeftovers(folder: string): void {
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) if (isLeftover(name)) rmSync(join(folder, name), { force: true })
}

/** True for the name of a temporary file of `writeAside`. */
export const isLeftover = (name: string): boolean => /\.\d+\.tmp$/.test(name)

function pieces(content: FileContent): Iterable<string | Uint8Array> {
  return typeof content === 'string' || content instanceof Uint8Array ? [content] : content
}

function writePieces(path: string, content: Iterable<string | Uint8Array>): void {
  const file = openSync(path, 'w')
  try {
    for (const piece of content) writeAll(file, typeof piece === 'string' ? Buffer.from(piece) : piece)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

// One write call takes at most 2 GB and may write less than it was given.
function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    at += writeSync(file, bytes, at, Math.min(bytes.length - at, 2 ** 30))
  }
}

// Makes the new name itself durable. Some systems cannot open folders; nothing can be done there.
function flushFolder(path: string): void {
  let folder: number
  try {
    folder = openSync(path, 'r')
  } catch {
    return
  }
  try {
    fsyncSync(folder)
  } catch {
    return
  } finally {
    closeSync(folder)
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'the disk is full. Free some space and try again.'
  if (code === 'ENOENT') return 'its folder does not exist. Create the folder first.'
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return 'it is not permitted. Choose a place you may write to.'
  }
  return `got ${error instanceof Error ? error.message : String(error)}.`
}
