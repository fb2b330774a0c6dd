import { resolve, sep } from 'node:path'
import { DataError } from '../../errors.ts'

/**
 * Absolute path of a file named in a list; it must be inside the folder.
 * @param place `FILE:LINE` for error messages
 * @throws DataError if it is outside, or if no file is named
 */
export function insideFolder(file: string, folder: string, place: string): string {
  if (file === '') throw new DataError(`dataset: ${place}: it names no file. Give one, or remove the line.`)
  if (file.includes('\0'))
    throw new DataError(`dataset: ${place}: the name ${JSON.stringify(file)} holds a zero byte. Correct it.`)
  const root = resolve(folder)
  const path = resolve(root, file)
  if (path.startsWith(root.endsWith(sep) ? root : root + sep)) return path
  throw new DataError(`dataset: ${place}: ${JSON.stringify(file)} leaves the folder ${folder}`)
}
