import { join } from 'node:path'
import { DataError } from '../../../errors.ts'
import type { Example } from '../../example.ts'
import { type DatasetKind, holding } from '../kind.ts'
import { usedParts } from '../parts.ts'
import { imageFiles } from './image-files.ts'
import { labelOf, readClassNames, readLines } from './lines.ts'

/** Food-101 (Bossard et al., ECCV 2014): `meta/train.txt` with lines `apple_pie/1005649`, and `images/`. */
export const food101: DatasetKind = {
  name: 'food101',
  title: 'Food-101',
  expects: 'meta/classes.txt, meta/train.txt, meta/test.txt and images/',
  locate: holding(['meta/classes.txt', 'meta/train.txt', 'images'], ['food-101', 'food101']),
  open(folder, options) {
    const list = join(folder, 'meta/classes.txt')
    const ids = readClassNames(list)
    const label = labelOf(ids, list)
    const image = imageFiles(join(folder, 'images'))
    const read = (name: string): Example<number>[] =>
      readLines(join(folder, 'meta', `${name}.txt`)).map(({ text, place }) => {
        const [id = ''] = text.split('/')
        return { truth: label(id, place), source: image(`${text}.jpg`, place) }
      })
    const classes = readLines(join(folder, 'meta/labels.txt')).map(({ text }) => text)
    if (classes.length !== ids.length)
      throw new DataError(
        `dataset: ${list} has ${ids.length} classes, labels.txt beside it ${classes.length}`,
      )
    return { name: 'Food-101', classes, ...usedParts({ train: read('train'), test: read('test') }, options) }
  },
}
