import { join } from 'node:path'
import { DataError } from '../../../errors.ts'
import { asNumbers } from '../../../io/mat/fields.ts'
import { openMat } from '../../../io/mat/mat-file.ts'
import type { Example } from '../../example.ts'
import { mostClasses, readClasses } from '../classes.ts'
import { type DatasetKind, holding } from '../kind.ts'
import { usedParts } from '../parts.ts'
import { imageFiles } from './image-files.ts'

/**
 * Flowers-102 (Nilsback and Zisserman 2008): `imagelabels.mat` with labels from 1, `setid.mat` with the image
 * numbers trnid, valid and tstid, and `jpg/image_00001.jpg`. The authors give no class names, so they are
 * numbers unless `classes.json` beside the files names them. Publications report the mean per class.
 */
export const flowers: DatasetKind = {
  name: 'flowers',
  title: 'Flowers-102',
  expects: 'imagelabels.mat, setid.mat and jpg/',
  locate: holding(['imagelabels.mat', 'setid.mat', 'jpg'], ['flowers-102', 'oxford_flowers102']),
  async open(folder, options) {
    const path = join(folder, 'imagelabels.mat')
    const labels = [...asNumbers(await openMat(path).read('labels'), `${path}: labels`).data]
    const wrong = labels.findIndex((label) => !Number.isInteger(label) || label < 1 || label > mostClasses)
    if (wrong >= 0)
      throw new DataError(
        `dataset: ${path}: labels(${wrong + 1}) is ${labels[wrong]}, expected 1 to ${mostClasses}`,
      )
    const count = labels.reduce((most, label) => Math.max(most, label), 0)
    const sets = { path: join(folder, 'setid.mat'), image: imageFiles(join(folder, 'jpg')) }
    const parts = {
      train: await readSet('trnid', sets, labels),
      validation: await readSet('valid', sets, labels),
      test: await readSet('tstid', sets, labels),
    }
    return {
      name: 'Flowers-102',
      classes: classesOf(folder, count),
      average: 'classes',
      ...usedParts(parts, options),
    }
  },
}

interface Sets {
  readonly path: string
  readonly image: ReturnType<typeof imageFiles>
}

async function readSet(
  name: string,
  { path, image }: Sets,
  labels: ArrayLike<number>,
): Promise<Example<number>[]> {
  const { data } = asNumbers(await openMat(path).read(name), `${path}: ${name}`)
  return Array.from(data, (number, i): Example<number> => {
    const place = `${path}: ${name}(${i + 1})`
    const label = labels[number - 1]
    if (label === undefined)
      throw new DataError(`dataset: ${place} is image ${number}, imagelabels.mat has ${labels.length} labels`)
    return { truth: label - 1, source: image(`image_${String(number).padStart(5, '0')}.jpg`, place) }
  })
}

function classesOf(folder: string, count: number): string[] {
  const named = readClasses(folder)?.map(({ name }) => name)
  if (named && named.length !== count)
    throw new DataError(`dataset: ${folder}/classes.json has ${named.length} names for ${count} classes`)
  return named ?? Array.from({ length: count }, (_, label) => String(label + 1))
}
