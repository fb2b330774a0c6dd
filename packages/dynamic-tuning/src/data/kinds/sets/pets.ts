import { join } from 'node:path'
import { DataError } from '../../../errors.ts'
import type { Example } from '../../example.ts'
import { mostClasses } from '../classes.ts'
import { type DatasetKind, holding } from '../kind.ts'
import { usedParts } from '../parts.ts'
import { imageFiles } from './image-files.ts'
import { readLines } from './lines.ts'

/**
 * Oxford-IIIT Pets (Parkhi et al., CVPR 2012): `annotations/trainval.txt` with lines `Abyssinian_100 1 1 1`
 * (image, class from 1, species, breed), and `images/`. Publications report the mean per class.
 */
export const pets: DatasetKind = {
  name: 'pets',
  title: 'Oxford-IIIT Pets',
  expects: 'annotations/trainval.txt, annotations/test.txt and images/',
  locate: holding(
    ['annotations/trainval.txt', 'annotations/test.txt', 'images'],
    ['oxford-iiit-pet', 'oxford_iiit_pet'],
  ),
  open(folder, options) {
    const image = imageFiles(join(folder, 'images'))
    const breeds = new Map<number, string>()
    const read = (part: string): Example<number>[] =>
      readLines(join(folder, 'annotations', `${part}.txt`)).map(({ text, place }) => {
        const [, name, breed, id] = /^((\S+)_\d+)\s+(\d+)\s+\d+\s+\d+$/.exec(text) ?? []
        const label = Number(id) - 1
        if (name === undefined || breed === undefined || label < 0 || label >= mostClasses)
          throw new DataError(
            `dataset: ${place}: expected "Breed_12 class species breed", got ${JSON.stringify(text)}`,
          )
        const known = breeds.get(label) ?? breed
        if (known !== breed)
          throw new DataError(`dataset: ${place}: class ${id} is ${breed} here and ${known} above`)
        breeds.set(label, breed)
        return { source: image(`${name}.jpg`, place), truth: label }
      })
    const parts = { train: read('trainval'), test: read('test') }
    const classes = Array.from({ length: Math.max(...breeds.keys()) + 1 }, (_, label) => {
      const breed = breeds.get(label)
      if (breed === undefined)
        throw new DataError(`dataset: ${folder}/annotations names no image of class ${label + 1}`)
      return breed.replaceAll('_', ' ')
    })
    return { name: 'Oxford-IIIT Pets', classes, average: 'classes', ...usedParts(parts, options) }
  },
}
