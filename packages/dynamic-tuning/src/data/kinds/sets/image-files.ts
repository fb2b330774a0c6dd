import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, resolve, sep } from 'node:path'
import { DataError } from '../../../errors.ts'
import type { ImageSource } from '../../example.ts'

/**
 * Finds the image files that lists name, below one folder. A list's folders are read once, so that a missing image is found
 * at the start without asking for every single file.
 * @throws DataError naming the line, where a name leaves the folder or there is no such file
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
