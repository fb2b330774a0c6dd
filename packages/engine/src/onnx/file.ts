import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { FormatError } from '../graph/errors.ts'
import { messageOf } from '../graph/message-of.ts'
import type { OnnxModel } from './model.ts'
import { decodeModel } from './reader.ts'
import { encodeModel } from './writer.ts'

/** How a model is written. */
export interface WriteModelOptions {
  /**
   * true: weights go to the file `<file>_data` in the same folder; false (default): inline. Over 2 GB needs
   * true.
   */
  readonly external?: boolean
}

/**
 * Writes a model file, and its external weights, to temporary names, then renames. Returns the paths written.
 * @throws FormatError where a file cannot be written
 */
export function writeModel(path: string, model: OnnxModel, options: WriteModelOptions = {}): string[] {
  const data = options.external ? `${path}_data` : undefined
  const encoded = encodeModel(model, data === undefined ? undefined : basename(data))
  const files: [string, Iterable<Uint8Array>][] = [[path, encoded.model]]
  if (data !== undefined) files.unshift([data, encoded.external])
  try {
    for (const [file, pieces] of files) writePieces(`${file}.part`, pieces)
    for (const [file] of files) renameSync(`${file}.part`, file)
  } catch (error) {
    for (const [file] of files) rmSync(`${file}.part`, { force: true })
    throw new FormatError(
      `onnx: cannot write ${path}, ${messageOf(error)}. Free some space or choose another place.`,
    )
  }
  return files.map(([file]) => file)
}

function writePieces(path: string, pieces: Iterable<Uint8Array>): void {
  const file = openSync(path, 'w')
  try {
    for (const piece of pieces)
      for (let at = 0; at < piece.length; )
        at += writeSync(file, piece, at, Math.min(piece.length - at, 2 ** 30))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/**
 * Reads a model file written by `writeModel`.
 * @throws FormatError where it is damaged or weights are missing
 */
export function readModelFile(path: string): OnnxModel {
  const cache = new Map<string, Uint8Array>()
  return decodeModel(readBytes(path), (location) => {
    const known = cache.get(location) ?? readBytes(weightFile(path, location))
    cache.set(location, known)
    return known
  })
}

/**
 * Path of a weight file.
 * @throws FormatError where it is outside the folder of the model, by name or by link
 */
function weightFile(path: string, location: string): string {
  const file = join(dirname(path), location)
  const named = location === basename(location) && location !== '..' && location !== '.' && location !== ''
  if (!named || (existsSync(file) && dirname(realpathSync(file)) !== realpathSync(dirname(path))))
    throw new FormatError(`onnx: ${path} names weights outside its folder, ${location}. Refused.`)
  return file
}

function readBytes(path: string): Uint8Array {
  try {
    // A pipe would never end, and a process that reads from one cannot be stopped.
    if (!statSync(path).isFile()) throw new Error('it is no regular file')
    return readFileSync(path)
  } catch (error) {
    throw new FormatError(`onnx: cannot read ${path}, ${messageOf(error)}. Check the path.`)
  }
}
