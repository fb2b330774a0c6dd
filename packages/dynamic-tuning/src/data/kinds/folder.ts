import { existsSync } from 'node:fs'
import { basename, join, resolve, sep } from 'node:path'
import { DataError } from '../../errors.ts'
import { isFolder } from '../../io/regular-file.ts'
import { present } from '../../present.ts'
import type { Dataset, Example, ImageSource } from '../example.ts'
import type { OpenOptions } from '../options.ts'
import { imageExtensions, videoExtensions } from '../sources/extensions.ts'
import { convertAdvice } from '../sources/image-signature.ts'
import { imageTree } from '../sources/image-tree.ts'
import type { ImageTree } from '../sources/tree-folder.ts'
import { classTruth } from '../truths/class.ts'
import { checkLetterCase, classNames, type Grouped, label } from './classes.ts'
import type { DatasetKind } from './kind.ts'
import { inOrder } from './order.ts'
import { stratifiedSplit } from './split.ts'

/**
 * A folder with `train/` and `val/` (`validation/`, `test/`) of class folders of images or of
 * clips, or a folder of class folders.
 */
export const folders: DatasetKind = {
  name: 'folder',
  title: 'class folders',
  expects: 'one folder of images or of clips per class, or train/ and val/ with them',
  locate: (place) => (isFolder(place) ? place : undefined),
  open: openFolder,
}

function openFolder(location: string, options: OpenOptions): Dataset {
  const part = (...names: string[]): string | undefined =>
    names.map((each) => join(location, each)).find((path) => existsSync(path))
  const trainFolder = part('train')
  const tree = imageTree(trainFolder ?? location)
  const held = heldIn(tree)
  const groups = readClassFolders(trainFolder ?? location, held, tree)
  const ids = [...groups.keys()]
  const classes = classNames(ids, location)
  const known = { name: basename(resolve(location)), ...(held === 'clips' && { kind: held }), classes }
  const examples = inOrder(label(groups, ids, location))
  const unread = held === 'images' ? unreadIn(tree, trainFolder ?? location) : []
  const validationFolder = part('val', 'validation', 'test')
  const testFolder = part('test', 'val', 'validation')
  if (!trainFolder || !validationFolder || !testFolder) {
    const { train, validation } = stratifiedSplit(examples, classTruth, options)
    return { ...known, ...(unread.length > 0 && { unread }), train, validation, test: validation }
  }
  const read = (folder: string): readonly Example<number>[] => {
    const below = imageTree(folder)
    if (held === 'images') unread.push(...unreadIn(below, folder))
    return inOrder(label(readClassFolders(folder, held, below), ids, folder))
  }
  const validation = read(validationFolder)
  const test = testFolder === validationFolder ? validation : read(testFolder)
  return { ...known, ...(unread.length > 0 && { unread }), train: examples, validation, test }
}

/** Paths of pictures that cannot be decoded, in the class folders below `folder` or in class `id` alone. */
function unreadIn(tree: ImageTree, folder: string, id?: string): string[] {
  return [...tree.values()].flatMap(({ path, unread }) => {
    const inside = id === undefined ? path !== '' : path === id || path.startsWith(`${id}/`)
    return inside ? unread.map((name) => join(folder, path, name)) : []
  })
}

/** The end of a message about a folder without images, if it has pictures in other formats. */
function unreadHint([first, ...others]: readonly string[]): string {
  if (first === undefined) return ''
  const more = others.length > 0 ? ` and ${others.length} more` : ''
  return ` ${first}${more} cannot be read. ${convertAdvice}`
}

type Held = 'images' | 'clips'

const extensions: Readonly<Record<Held, string>> = {
  images: `images (${imageExtensions.join(', ')})`,
  clips: `clips (${videoExtensions.join(', ')})`,
}

/** Kind of the first file in the class folders, image or clip; undefined if there is neither. */
function heldIn(tree: ImageTree): Held | undefined {
  for (const { path, images, clips } of tree.values()) {
    const [image, clip] = [images[0], clips[0]]
    if (path === '' || (image === undefined && clip === undefined)) continue
    return clip === undefined || (image !== undefined && image < clip) ? 'images' : 'clips'
  }
  return undefined
}

/** Every folder is a class; its images or clips may lie deeper. Sorted, hidden names left out. */
function readClassFolders(folder: string, held: Held | undefined, tree: ImageTree): Grouped {
  const { empty, folders: ids } = present(tree.get(''), `a listing of ${folder}`)
  if (empty) throw new DataError(`dataset: folder ${folder} is empty. Expected one folder per class.`)
  if (ids.length === 0) {
    throw new DataError(`dataset: ${folder} has no class folders. Expected ${folder}/CLASS/image.jpg.`)
  }
  checkLetterCase(ids, folder)
  if (held === undefined)
    throw new DataError(
      `dataset: ${folder} has no ${extensions.images} or ${extensions.clips} in its class folders.${unreadHint(unreadIn(tree, folder))}`,
    )
  const groups = new Map(ids.map((id): [string, ImageSource[]] => [id, []]))
  for (const each of tree.values()) {
    const [id = ''] = each.path.split('/')
    const group = groups.get(id)
    const parent = join(folder, each.path) + sep
    for (const name of each[held]) group?.push({ kind: 'file', path: parent + name })
  }
  const bare = ids.filter((id) => groups.get(id)?.length === 0)
  const [first] = bare
  if (first === undefined) return groups
  if (bare.length === ids.length)
    throw new DataError(
      `dataset: ${folder} has no ${extensions[held]} in its class folders.${unreadHint(unreadIn(tree, folder))}`,
    )
  throw new DataError(
    `dataset: class folder ${join(folder, first)} has no ${extensions[held]}. Fill or remove it.${unreadHint(unreadIn(tree, folder, first))}`,
  )
}
