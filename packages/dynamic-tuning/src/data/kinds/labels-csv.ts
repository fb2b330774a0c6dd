import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { DataError } from '../../errors.ts'
import { isFile, readText } from '../../io/regular-file.ts'
import type { Dataset, Example } from '../example.ts'
import type { OpenOptions } from '../options.ts'
import { type Labels, labelsTruth, withFittingTruth } from '../truths/labels.ts'
import { checkLetterCase } from './classes.ts'
import { type CsvRow, readCsv } from './csv.ts'
import type { DatasetKind } from './kind.ts'
import { labelColumns } from './label-columns.ts'
import { inOrderOf } from './order.ts'
import { insideFolder } from './place.ts'
import { stratifiedSplit } from './split.ts'

const fileName = 'labels.csv'

/**
 * A folder of images with a `labels.csv`. Its first column is `image`; then comes either `labels`, names
 * separated by `;` or `|`, or one column of 0 and 1 per class. A column `split` may contain train, validation
 * or test. `classes.txt` may fix the classes.
 */
export const labelsCsv: DatasetKind = {
  name: 'labels',
  title: 'images with labels.csv',
  expects: `${fileName} with the column image, and labels or one column per class`,
  locate: (place) => (existsSync(join(place, fileName)) ? place : undefined),
  open: openLabels,
}

function openLabels(folder: string, options: OpenOptions): Dataset {
  const table = readCsv(join(folder, fileName))
  const columns = labelColumns(table, readNames(folder))
  const seen = new Map<string, string>()
  const missing: string[] = []
  const read = table.rows.flatMap((row) => {
    const path = imageOf(row, folder, seen)
    const truth = columns.labelsOf(row)
    if (isFile(path))
      return [{ part: columns.partOf(row), example: { source: { kind: 'file', path } as const, truth } }]
    if (!options.skipBad) throw new DataError(`dataset: ${row.place}: there is no file ${path}`)
    missing.push(path)
    return []
  })
  const several = table.rows.find((row) => columns.labelsOf(row).length > 1)
  const ofPart = (name: string | undefined): readonly Example<Labels>[] =>
    inOrderOf(
      labelsTruth,
      read.flatMap(({ part, example }) => (part === name ? [example] : [])),
    )
  const named = { validation: ofPart('validation'), test: ofPart('test') }
  const train = ofPart(columns.split ? 'train' : undefined)
  if (train.length === 0)
    throw new DataError(`dataset: ${table.place}: no image is in split train. Expected at least one.`)
  const known = {
    ...{ name: basename(resolve(folder)), classes: columns.classes },
    ...(missing.length > 0 && { missing }),
  }
  return withFittingTruth({ ...known, ...parts(train, named, options) }, several?.place)
}

type Parts = Pick<Dataset<Labels>, 'train' | 'validation' | 'test'>

/**
 * If only one of `validation` and `test` has images, it is used for both; if neither has, a
 * share of the training images is.
 */
function parts(
  train: readonly Example<Labels>[],
  { validation, test }: Omit<Parts, 'train'>,
  options: OpenOptions,
): Parts {
  if (validation.length > 0 || test.length > 0) {
    const tested = test.length > 0 ? test : validation
    return { train, validation: validation.length > 0 ? validation : tested, test: tested }
  }
  const split = stratifiedSplit(train, labelsTruth, options)
  return { ...split, test: split.validation }
}

/** Path of a row's image; `seen` has the images of earlier rows. */
function imageOf({ cells: [file = ''], place }: CsvRow, folder: string, seen: Map<string, string>): string {
  const path = insideFolder(file, folder, place)
  const before = seen.get(path)
  if (before !== undefined)
    throw new DataError(
      `dataset: ${place}: image ${file} is named twice, first at ${before}. Give all of its labels in one line.`,
    )
  seen.set(path, place)
  return path
}

/** The names in `classes.txt`, one per line; undefined if there is no such file. */
function readNames(folder: string): readonly string[] | undefined {
  const path = join(folder, 'classes.txt')
  if (!existsSync(path)) return undefined
  const names = readText(path, 'dataset', DataError).split(/\r?\n/)
  const trimmed = names.map((name) => name.trim()).filter((name) => name !== '')
  checkLetterCase(trimmed, path)
  const twice = trimmed.find((name, i) => trimmed.indexOf(name) !== i)
  if (twice !== undefined) throw new DataError(`dataset: ${path} names ${twice} twice`)
  if (trimmed.length === 0) throw new DataError(`dataset: ${path} names no classes`)
  return trimmed
}
