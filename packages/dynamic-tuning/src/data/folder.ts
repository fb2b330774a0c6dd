import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { DataError } from '../errors.ts'
import { checkLetterCase, classNames, type Grouped, label } from './classes.ts'
import type { Dataset, Example, ImageSource } from './example.ts'
import { imageExtensions, isImageName } from './extensions.ts'
import type { DatasetKind } from './kind.ts'
import type { OpenOptions } from './options.ts'
import { inOrder } from './order.ts'
import { stratifiedSplit } from './split.ts'

/** A folder with `train/` and `val/` (`validation/`, `test/`) of class folders, or a folder of class folders. */
export const folders: DatasetKind = {
  name: 'folder',
  title: 'class folders',
  expects: 'one folder of images per class, or train/ and val/ with them',
  locate: (place) => (statSync(place).isDirectory() ? place : undefined),
  open: openFolder,
}

function openFolder(location: string, options: OpenOptions): Dataset {
  const name = basename(resolve(location))
  const part = (...names: string[]): string | undefined =>
    names.map((each) => join(location, each)).find((path) => existsSync(path))
  const trainFolder = part('train')
  const groups = readClassFolders(trainFolder ?? location)
  const ids = [...groups.keys()]
  const classes = classNames(ids, location)
  const examples = inOrder(label(groups, ids, location))
  const validationFolder = part('val', 'validation', 'test')
  const testFolder = part('test', 'val', 'validation')
  if (!trainFolder || !validationFolder || !testFolder) {
    const { train, validation } = stratifiedSplit(examples, options.validationShare, options.seed)
    return { name, classes, train, validation, test: validation }
  }
  const read = (folder: string): readonly Example[] => inOrder(label(readClassFolders(folder), ids, folder))
  const validation = read(validationFolder)
  const test = testFolder === validationFolder ? validation : read(testFolder)
  return { name, classes, train: examples, validation, test }
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
  const groups = ids.map((id): [string, ImageSource[]] => [id, imagesBelow(join(folder, id))])
  if (groups.every(([, images]) => images.length === 0)) {
    throw new DataError(
      `dataset: ${folder} has no images (${imageExtensions.join(', ')}) in its class folders`,
    )
  }
  checkLetterCase(ids, folder)
  const bare = groups.find(([, images]) => images.length === 0)
  if (!bare) return new Map(groups)
  throw new DataError(
    `dataset: class folder ${join(folder, bare[0])} has no images (${imageExtensions.join(', ')}). Fill or remove it.`,
  )
}

function imagesBelow(folder: string): ImageSource[] {
  return visible(folder).flatMap((entry): ImageSource[] => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return imagesBelow(path)
    return isImageName(entry.name) ? [{ kind: 'file', path }] : []
  })
}

function visible(folder: string) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}
