import { join } from 'node:path'
import { DataError } from '../../../errors.ts'
import type { Example } from '../../example.ts'
import { type DatasetKind, holding } from '../kind.ts'
import { usedParts } from '../parts.ts'
import { imageFiles } from './image-files.ts'
import { labelOf, readClassNames, readLines } from './lines.ts'

/**
 * FGVC-Aircraft (arXiv:1306.5151) by 100 variants, 70 families or 30 manufacturers:
 * `data/images_variant_train.txt` with lines `0034309 707-320`, and `data/images/`.
 * Publications report the mean per class.
 */
function aircraftBy(name: string, level: string, classList: string): DatasetKind {
  const title = level === 'variant' ? 'FGVC-Aircraft' : `FGVC-Aircraft by ${level}`
  return {
    name,
    title,
    expects: `data/${classList}, data/images_${level}_train.txt, _val.txt, _test.txt and data/images/`,
    locate: holding(
      [`data/${classList}`, `data/images_${level}_train.txt`],
      ['fgvc-aircraft-2013b', 'fgvc-aircraft'],
    ),
    open(folder, options) {
      const list = join(folder, 'data', classList)
      const classes = readClassNames(list)
      const label = labelOf(classes, list)
      const image = imageFiles(join(folder, 'data/images'))
      const read = (part: string): Example<number>[] =>
        readLines(join(folder, 'data', `images_${level}_${part}.txt`)).map(({ text, place }) => {
          const [, id, className] = /^(\S+)\s+(.+)$/.exec(text) ?? []
          if (id === undefined || className === undefined)
            throw new DataError(`dataset: ${place}: expected "image class", got ${JSON.stringify(text)}`)
          return { source: image(`${id}.jpg`, place), truth: label(className, place) }
        })
      const parts = { train: read('train'), validation: read('val'), test: read('test') }
      return { name: title, classes, average: 'classes', ...usedParts(parts, options) }
    },
  }
}

/** Labels by variant, as in publications. */
export const aircraft = aircraftBy('aircraft', 'variant', 'variants.txt')

/** Labels by family; only used by name. */
export const aircraftFamily = aircraftBy('aircraft-family', 'family', 'families.txt')

/** Labels by manufacturer; only used by name. */
export const aircraftManufacturer = aircraftBy('aircraft-manufacturer', 'manufacturer', 'manufacturers.txt')
