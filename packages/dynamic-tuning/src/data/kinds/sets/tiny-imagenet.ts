import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DataError } from '../../../errors.ts'
import type { Example } from '../../example.ts'
import { isImageName } from '../../sources/extensions.ts'
import { type DatasetKind, holding } from '../kind.ts'
import { usedParts } from '../parts.ts'
import { imageFiles } from './image-files.ts'
import { labelOf, readClassNames, readLines } from './lines.ts'

/**
 * Tiny-ImageNet: `wnids.txt`, `train/n01443537/images/`, and `val/val_annotations.txt` with lines
 * `val_0.JPEG n03444034 0 32 44 62`. Classes are sorted by id. The images of `test/` have no labels,
 * so `val/` is used for testing.
 */
export const tinyImagenet: DatasetKind = {
  name: 'tiny-imagenet',
  title: 'Tiny-ImageNet',
  expects: 'wnids.txt, train/ID/images/, val/val_annotations.txt and val/images/',
  locate: holding(['wnids.txt', 'train', 'val/val_annotations.txt'], ['tiny-imagenet-200']),
  open(folder, options) {
    const list = join(folder, 'wnids.txt')
    const ids = readClassNames(list).sort()
    const label = labelOf(ids, list)
    const image = imageFiles(join(folder, 'val/images'))
    const test = readLines(join(folder, 'val/val_annotations.txt')).map(
      ({ text, place }): Example<number> => {
        const [name = '', id = ''] = text.split(/\s+/)
        return { source: image(name, place), truth: label(id, place) }
      },
    )
    const train = ids.flatMap((id, place) => trainImages(join(folder, 'train', id, 'images'), place))
    return {
      name: 'Tiny-ImageNet',
      classes: readableNames(folder, ids),
      ...usedParts({ train, test }, options),
    }
  },
}

function trainImages(folder: string, label: number): Example<number>[] {
  const names = existsSync(folder) ? readdirSync(folder).filter(isImageName) : []
  if (names.length === 0) throw new DataError(`dataset: ${folder} has no images. Unpack the dataset again.`)
  return names.map((name) => ({ source: { kind: 'file', path: join(folder, name) }, truth: label }))
}

/** Names from `words.txt`, lines `n00001740 TAB entity`; an id that it lacks is its own name. */
function readableNames(folder: string, ids: readonly string[]): string[] {
  const path = join(folder, 'words.txt')
  if (!existsSync(path)) return [...ids]
  const words = new Map(
    readLines(path).map(({ text }): [string, string | undefined] => {
      const [id = '', name] = text.split('\t')
      return [id, name]
    }),
  )
  return ids.map((id) => words.get(id) ?? id)
}
