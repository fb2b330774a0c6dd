import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { DataError } from '../../errors.ts'
import { readJson } from '../../io/read-json.ts'
import type { Example, ImageSource } from '../example.ts'

/** An image in a folder or an archive, with its relative path; folders are separated by `/`. */
export interface Found {
  readonly path: string
  readonly source: ImageSource
}

/** Limit for the number of classes where only the largest label tells it. */
export const mostClasses = 100_000

/** Images by the id of their class (its folder name), sorted by id. */
export type Grouped = ReadonlyMap<string, readonly ImageSource[]>

/**
 * Groups images by their class folder: the first folder in which their paths differ.
 * @param where the folder or archive, for error messages
 * @throws DataError if there are no images, or some are outside the class folders
 */
export function groupByFolder(images: readonly Found[], where: string): Grouped {
  if (images.length === 0) {
    throw new DataError(`dataset: ${where} has no images. Expected folders of images, one per class.`)
  }
  const placed = images.map((image) => ({ ...image, folders: image.path.split('/').slice(0, -1) }))
  const depth = sharedDepth(placed.map(({ folders }) => folders))
  const groups = new Map<string, ImageSource[]>()
  for (const { path, source, folders } of placed) {
    const id = folders[depth]
    if (id === undefined)
      throw new DataError(`dataset: ${where}: ${path} is in no class folder. Move or remove it.`)
    const group = groups.get(id)
    if (group) group.push(source)
    else groups.set(id, [source])
  }
  checkLetterCase([...groups.keys()], where)
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * Checks that no two classes differ only in letter case: `Cat` and `cat` are one folder on some systems.
 * @throws DataError naming both
 */
export function checkLetterCase(ids: readonly string[], where: string): void {
  const seen = new Map<string, string>()
  for (const id of ids) {
    const other = seen.get(id.toLowerCase())
    if (other !== undefined && other !== id)
      throw new DataError(
        `dataset: ${where}: classes ${other} and ${id} differ in letter case only. Merge or rename them.`,
      )
    seen.set(id.toLowerCase(), id)
  }
}

/** Number of leading folders that all paths share; a single class keeps its own folder. */
function sharedDepth(folders: readonly (readonly string[])[]): number {
  const [first = []] = folders
  let depth = 0
  while (depth < first.length && folders.every((parts) => parts[depth] === first[depth])) depth++
  const single = folders.every((parts) => parts.length === depth)
  return single && depth > 0 ? depth - 1 : depth
}

/**
 * Makes examples of `groups`, labelled by the index of their class in `ids`.
 * @throws DataError if a class is not among `ids`
 */
export function label(groups: Grouped, ids: readonly string[], where: string): Example<number>[] {
  const places = new Map(ids.map((id, place) => [id, place]))
  return [...groups].flatMap(([id, sources]) => {
    const place = places.get(id)
    if (place === undefined)
      throw new DataError(`dataset: ${where} has class ${id}, which the training images lack`)
    return sources.map((source) => ({ source, truth: place }))
  })
}

const classesSchema = z.union([z.array(z.string()), z.array(z.object({ id: z.string(), name: z.string() }))])

/**
 * Reads `classes.json` of a folder, if there is one: an array of names, or of `{ id, name }`.
 * @throws DataError if it is neither
 */
export function readClasses(folder: string): { id?: string; name: string }[] | undefined {
  const path = join(folder, 'classes.json')
  if (!existsSync(path)) return undefined
  const classes = classesSchema.safeParse(readJson(path, DataError))
  if (!classes.success)
    throw new DataError(`dataset: ${path} must be an array of names, or of { "id", "name" }`)
  const found = classes.data.map((item) => (typeof item === 'string' ? { name: item } : item))
  checkLetterCase(
    found.map((item) => ('id' in item ? item.id : item.name)),
    path,
  )
  return found
}

/** Readable names of class ids from the folder's `classes.json`; an id that it lacks is its own name. */
export function classNames(ids: readonly string[], folder: string): string[] {
  const names = new Map(readClasses(folder)?.map(({ id, name }) => [id, name]))
  return ids.map((id) => names.get(id) ?? id)
}
