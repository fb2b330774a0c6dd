import { resolve, sep } from 'node:path'
import { DataError } from '../../errors.ts'

/**
 * The absolute path of a file that a list names, which must lie inside the folder.
 * @param place `FILE:LINE` for messages
 * @throws DataError if it does not
 */
export function insideFolder(file: string, folder: string, place: string): string {
  const root = resolve(folder)
  const path = resolve(root, file)
  if (path.startsWith(root.endsWith(sep) ? root : root + sep)) return path
  throw new DataError(`dataset: ${place}: ${JSON.stringify(file)} leaves the folder ${folder}`)
}
