import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, resolve, sep } from 'node:path'
import { DataError } from '../../../errors.ts'
import type { ImageSource } from '../../example.ts'

/**
 * Finds image files named in lists, inside one folder. Each folder is listed once, so that missing images are
 * found at the start without checking every file.
 * @throws DataError naming the line if a path is outside the folder or does not exist
 */
export function imageFiles(folder: string): (name: string, place: string) => ImageSource {
  const root = resolve(folder)
  const listings = new Map<string, ReadonlySet<string>>()
  return (name, place) => {
    const path = resolve(root, name)
    if (!path.startsWith(root + sep))
      throw new DataError(`dataset: ${place}: ${JSON.stringify(name)} leaves the folder ${folder}`)
    const parent = dirname(path)
    const names = listings.get(parent) ?? new Set(existsSync(parent) ? readdirSync(parent) : [])
    listings.set(parent, names)
    if (!names.has(basename(path)))
      throw new DataError(`dataset: ${place}: there is no image ${path}. Unpack the dataset again.`)
    return { kind: 'file', path }
  }
}
