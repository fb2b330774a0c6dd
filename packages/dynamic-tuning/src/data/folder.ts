import { existsSync, readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { DataError } from '../errors.ts'
import { classNames, type Grouped, label } from './classes.ts'
import type { Dataset, Example, ImageSource } from './example.ts'
import { imageExtensions, isImageName, isVideoName, videoExtensions } from './extensions.ts'
import type { OpenOptions } from './options.ts'
import { stratifiedSplit } from './split.ts'

/** A folder with `train/` and `val/` (`validation/`, `test/`) of class folders of images or of clips, or a folder of class folders. */
export function openFolder(location: string, options: OpenOptions): Dataset {
  const known = { name: basename(resolve(location)), ...(holdsClips(location) && { kind: 'clips' as const }) }
  const part = (...names: string[]): string | undefined =>
    names.map((each) => join(location, each)).find((path) => existsSync(path))
  const trainFolder = part('train')
  const groups = readClassFolders(trainFolder ?? location)
  const ids = [...groups.keys()]
  const classes = classNames(ids, location)
  const examples = label(groups, ids, location)
  const validationFolder = part('val', 'validation', 'test')
  const testFolder = part('test', 'val', 'validation')
  if (!trainFolder || !validationFolder || !testFolder) {
    const { train, validation } = stratifiedSplit(examples, options.validationShare, options.seed)
    return { ...known, classes, train, validation, test: validation }
  }
  const read = (folder: string): Example[] => label(readClassFolders(folder), ids, folder)
  const validation = read(validationFolder)
  const test = testFolder === validationFolder ? validation : read(testFolder)
  return { ...known, classes, train: examples, validation, test }
}

/** Every folder is a class; its images may lie deeper. Sorted, hidden names left out. */
function readClassFolders(folder: string): Grouped {
  const entries = visible(folder)
  if (entries.length === 0)
    throw new DataError(`dataset: folder ${folder} is empty. Expected one folder per class.`)
  const ids = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  if (ids.length === 0) {
    throw new DataError(`dataset: ${folder} has no class folders. Expected ${folder}/CLASS/image.jpg.`)
  }
  const isWanted = holdsClips(folder) ? isVideoName : isImageName
  const groups = ids.map((id): [string, ImageSource[]] => [id, filesBelow(join(folder, id), isWanted)])
  if (groups.every(([, images]) => images.length === 0)) {
    throw new DataError(
      `dataset: ${folder} has no images (${imageExtensions.join(', ')}) or clips (${videoExtensions.join(', ')}) in its class folders`,
    )
  }
  const bare = groups.find(([, images]) => images.length === 0)
  if (!bare) return new Map(groups)
  throw new DataError(
    `dataset: class folder ${join(folder, bare[0])} has no ${isWanted === isVideoName ? 'clips' : 'images'} (${(isWanted === isVideoName ? videoExtensions : imageExtensions).join(', ')}). Fill or remove it.`,
  )
}

function filesBelow(folder: string, isWanted: (name: string) => boolean): ImageSource[] {
  return visible(folder).flatMap((entry): ImageSource[] => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesBelow(path, isWanted)
    return isWanted(entry.name) ? [{ kind: 'file', path }] : []
  })
}

/** Whether the first image or video below a folder is a video. */
function holdsClips(folder: string): boolean {
  return firstKind(folder) === 'clips'
}

function firstKind(folder: string): Dataset['kind'] {
  const entries = visible(folder)
  const file = entries.find(({ name }) => isImageName(name) || isVideoName(name))
  if (file?.isFile()) return isVideoName(file.name) ? 'clips' : 'images'
  for (const entry of entries) {
    const kind = entry.isDirectory() ? firstKind(join(folder, entry.name)) : undefined
    if (kind !== undefined) return kind
  }
  return undefined
}

function visible(folder: string) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}
