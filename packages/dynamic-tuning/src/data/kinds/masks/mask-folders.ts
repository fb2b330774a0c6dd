import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { DataError } from '../../../errors.ts'
import { isFolder } from '../../../io/regular-file.ts'
import type { Dataset } from '../../example.ts'
import type { MaskSource } from '../../masks/mask-source.ts'
import type { OpenOptions } from '../../options.ts'
import type { DatasetKind } from '../kind.ts'
import { type NamedClasses, readMaskClasses } from './mask-classes.ts'
import { type Pairs, pairsIn } from './pairs.ts'
import { checkPairs, type MaskParts, maskExamples, partsOf } from './parts.ts'
import { decideTable } from './table.ts'

/** Names of the folders of images and of masks; the second pair is mmsegmentation's. */
const layouts: readonly (readonly [images: string, masks: string])[] = [
  ['images', 'masks'],
  ['img_dir', 'ann_dir'],
]

/** Names of the folders of a part, those that are looked for first in front. */
const partNames = {
  train: ['train', 'training'],
  validation: ['val', 'valid', 'validation'],
  test: ['test', 'testing'],
} as const

/** Endings of masks that follow the name of the image. */
const endings = ['', '_mask', '-mask', '_label', '_labels', '_seg']

/**
 * Folders `images/` and `masks/` (or `img_dir/` and `ann_dir/`) with the same names in both, each with
 * `train/`, `val/` and `test/` or split by the seed. `classes.json` names the classes and the ignored values;
 * without it they are read off the masks.
 */
export const maskFolders: DatasetKind = {
  name: 'masks',
  title: 'images with masks',
  expects: 'images/ and masks/ (or img_dir/ and ann_dir/) with the same names, and classes.json',
  locate: (place) => (layoutOf(place) ? place : undefined),
  async open(folder, options) {
    const parts = findParts(folder)
    const named = readMaskClasses(folder)
    return openParts(folder, parts, named, options)
  },
}

const layoutOf = (folder: string) =>
  layouts.find((names) => names.every((name) => isFolder(join(folder, name))))

interface FoundParts extends MaskParts {
  /** Folders of images without a folder of masks beside them. */
  readonly unlabelled: readonly string[]
}

function findParts(folder: string): FoundParts {
  const [images, masks] = (layoutOf(folder) ?? layouts[0] ?? []).map((name) => join(folder, name))
  if (images === undefined || masks === undefined) throw new DataError(`dataset: ${folder} has no masks`)
  const train = partNames.train.find((name) => existsSync(join(images, name)))
  if (train === undefined) return { train: pairsIn(images, masks, endings), unlabelled: [] }
  const unlabelled: string[] = []
  const part = (names: readonly string[]): Pairs | undefined => {
    const name = names.find((each) => existsSync(join(images, each)))
    if (name === undefined) return undefined
    if (existsSync(join(masks, name))) return pairsIn(join(images, name), join(masks, name), endings)
    unlabelled.push(join(images, name))
    return undefined
  }
  const [validation, test] = [part(partNames.validation), part(partNames.test)]
  return { train: pairsIn(join(images, train), join(masks, train), endings), validation, test, unlabelled }
}

async function openParts(
  folder: string,
  found: FoundParts,
  named: NamedClasses | undefined,
  options: OpenOptions,
): Promise<Dataset<MaskSource>> {
  const parts = partsOf(found)
  checkPairs(parts, options)
  const masks = parts.flatMap(({ pairs }) => pairs.map(({ mask }) => mask))
  const { table, classes, note } = await decideTable(folder, masks, named)
  const { notes = [], ...examples } = maskExamples(found, () => table, options)
  const unlabelled = found.unlabelled.map((each) => `${each} is left out: there are no masks for it`)
  return {
    name: basename(resolve(folder)),
    truth: 'map',
    classes,
    ...(named?.colours && { colours: named.colours }),
    ...examples,
    notes: [...(note === undefined ? [] : [note]), ...unlabelled, ...notes],
  }
}
