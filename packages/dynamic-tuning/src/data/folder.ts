import { existsSync, statSync } from 'node:fs'
import { basename, join, resolve, sep } from 'node:path'
import { DataError } from '../errors.ts'
import { checkLetterCase, classNames, type Grouped, label } from './classes.ts'
import type { Dataset, Example, ImageSource } from './example.ts'
import { imageExtensions } from './extensions.ts'
import { imageTree } from './image-tree.ts'
import type { DatasetKind } from './kind.ts'
import type { OpenOptions } from './options.ts'
import { inOrder } from './order.ts'
import { stratifiedSplit } from './split.ts'
import type { TreeFolder } from './tree-folder.ts'

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
  const tree = imageTree(folder)
  const { empty, folders: ids } = tree.get('') as TreeFolder
  if (empty) throw new DataError(`dataset: folder ${folder} is empty. Expected one folder per class.`)
  if (ids.length === 0) {
    throw new DataError(`dataset: ${folder} has no class folders. Expected ${folder}/CLASS/image.jpg.`)
  }
  checkLetterCase(ids, folder)
  const groups = new Map(ids.map((id): [string, ImageSource[]] => [id, []]))
  for (const { path, images } of tree.values()) {
    const group = groups.get(path.split('/')[0] as string)
    const parent = join(folder, path) + sep
    for (const name of images) group?.push({ kind: 'file', path: parent + name })
  }
  const bare = ids.filter((id) => groups.get(id)?.length === 0)
  if (bare.length === 0) return groups
  const known = imageExtensions.join(', ')
  if (bare.length === ids.length)
    throw new DataError(`dataset: ${folder} has no images (${known}) in its class folders`)
  throw new DataError(
    `dataset: class folder ${join(folder, bare[0] as string)} has no images (${known}). Fill or remove it.`,
  )
}
