import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DataError } from '../../../errors.ts'
import { asCells, asNumber, asStructs, asText } from '../../../io/mat/fields.ts'
import { openMat } from '../../../io/mat/mat-file.ts'
import type { Example } from '../../example.ts'
import { type DatasetKind, holding } from '../kind.ts'
import { usedParts } from '../parts.ts'
import { imageFiles } from './image-files.ts'

const testList = 'cars_test_annos_withlabels.mat'

/**
 * Stanford Cars (Krause et al. 2013): `devkit/cars_meta.mat` with cells `class_names`,
 * `devkit/cars_train_annos.mat` and `cars_test_annos_withlabels.mat` with structs `annotations` (fname, class
 * from 1), and the folders `cars_train/`, `cars_test/`.
 */
export const cars: DatasetKind = {
  name: 'cars',
  title: 'Stanford Cars',
  expects: `devkit/cars_meta.mat, devkit/cars_train_annos.mat, ${testList}, cars_train/ and cars_test/`,
  locate: holding(
    ['devkit/cars_meta.mat', 'devkit/cars_train_annos.mat'],
    ['stanford_cars', 'stanford-cars'],
  ),
  async open(folder, options) {
    const meta = join(folder, 'devkit/cars_meta.mat')
    const names = asCells(await openMat(meta).read('class_names'), `${meta}: class_names`)
    const classes = names.map((name, i) => asText(name, `${meta}: class_names{${i + 1}}`))
    const tested = [testList, `devkit/${testList}`]
      .map((name) => join(folder, name))
      .find((path) => existsSync(path))
    if (tested === undefined)
      throw new DataError(
        `dataset: ${join(folder, testList)} is missing: the labels of the test images. Put it there.`,
      )
    const train = join(folder, 'devkit/cars_train_annos.mat')
    const parts = {
      train: await readAnnotations(train, join(folder, 'cars_train'), classes.length),
      test: await readAnnotations(tested, join(folder, 'cars_test'), classes.length),
    }
    return { name: 'Stanford Cars', classes, ...usedParts(parts, options) }
  },
}

async function readAnnotations(path: string, images: string, classes: number): Promise<Example<number>[]> {
  const image = imageFiles(images)
  const annotations = asStructs(await openMat(path).read('annotations'), `${path}: annotations`)
  return annotations.map((annotation, i): Example<number> => {
    const place = `${path}: annotations(${i + 1})`
    const label = asNumber(annotation.get('class'), `${place}.class`) - 1
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new DataError(`dataset: ${place}.class is ${label + 1}, expected 1 to ${classes}`)
    return { truth: label, source: image(asText(annotation.get('fname'), `${place}.fname`), place) }
  })
}
