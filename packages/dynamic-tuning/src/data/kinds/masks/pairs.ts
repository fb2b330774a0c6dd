import { join } from 'node:path'
import { imageTree } from '../../sources/image-tree.ts'

/** An image and its mask. */
export interface Pair {
  readonly image: string
  readonly mask: string
}

/** What two folders of images and masks hold: paths. */
export interface Pairs {
  /** The folder of the images. */
  readonly folder: string
  readonly pairs: readonly Pair[]
  readonly imagesWithoutMask: readonly string[]
  readonly masksWithoutImage: readonly string[]
  /** Pictures in formats that cannot be decoded here. */
  readonly unread: readonly string[]
}

/** Endings of a mask's name between that of its image and `.png`, those that are tried first in front. */
export type MaskEndings = readonly string[]

/**
 * Finds the mask of every image: a PNG of the same name in the same subfolder, with one of the endings. Both
 * are sorted by name.
 */
export function pairsIn(imageFolder: string, maskFolder: string, endings: MaskEndings = ['']): Pairs {
  const masks = new Set(filesBelow(maskFolder).images.filter((path) => /\.png$/i.test(path)))
  const { images, unread } = filesBelow(imageFolder)
  const pairs: Pair[] = []
  const imagesWithoutMask: string[] = []
  const used = new Set<string>()
  for (const image of images) {
    const stem = image.replace(/\.[^.]*$/, '')
    const mask = endings
      .flatMap((ending) => [`${stem}${ending}.png`, `${stem}${ending}.PNG`])
      .find((name) => masks.has(name))
    if (mask === undefined) imagesWithoutMask.push(join(imageFolder, image))
    else {
      used.add(mask)
      pairs.push({ image: join(imageFolder, image), mask: join(maskFolder, mask) })
    }
  }
  return {
    folder: imageFolder,
    pairs,
    imagesWithoutMask,
    masksWithoutImage: [...masks].filter((mask) => !used.has(mask)).map((mask) => join(maskFolder, mask)),
    unread: unread.map((path) => join(imageFolder, path)),
  }
}

/** Paths of the pictures below a folder, relative to it. */
function filesBelow(folder: string): {
  readonly images: readonly string[]
  readonly unread: readonly string[]
} {
  const tree = [...imageTree(folder).values()]
  const below = (names: 'images' | 'unread'): string[] =>
    tree.flatMap((each) => each[names].map((name) => (each.path === '' ? name : `${each.path}/${name}`)))
  return { images: below('images'), unread: below('unread') }
}
