import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { DataError } from '../../errors.ts'
import { isFile, readText } from '../../io/regular-file.ts'
import type { Dataset, Example } from '../example.ts'
import type { OpenOptions } from '../options.ts'
import { type Labels, labelsTruth, withFittingTruth } from '../truths/labels.ts'
import { mostClasses, readClasses } from './classes.ts'
import type { DatasetKind } from './kind.ts'
import { inOrderOf } from './order.ts'
import { insideFolder } from './place.ts'
import { isListFolder, vtabLists, vtabTaskNamed } from './vtab.ts'

/**
 * A folder of list files with lines `path label`, `path label label ...` or `path label,label`; paths are
 * relative to the folder. `final` trains on train800val200 and reports test as validation; `search` trains on
 * train800 and reports val200. Class names come from `classes.json`; otherwise they are numbers, and their
 * count is that of the VTAB-1K task with the folder's name, or follows from the training labels.
 */
export const lists: DatasetKind = {
  name: 'lists',
  title: 'VTAB-style list files',
  expects: vtabLists.join(', '),
  locate: (place) => (isListFolder(place) ? place : undefined),
  open: openLists,
}

function openLists(folder: string, { split, skipBad }: OpenOptions): Dataset {
  const named = readClasses(folder)?.map(({ name }) => name)
  let severalAt: string | undefined
  const missing: string[] = []
  const read = (name: string, classes: number | undefined): readonly Example<Labels>[] => {
    const listed = readList(folder, name, { classes, missing: skipBad ? missing : undefined })
    severalAt ??= listed.severalAt
    return inOrderOf(labelsTruth, listed.examples)
  }
  const train = read(split === 'final' ? 'train800val200.txt' : 'train800.txt', named?.length)
  const count = named?.length ?? countClasses(folder, train, split)
  const test = read('test.txt', count)
  const validation = split === 'final' ? test : read('val200.txt', count)
  const classes = named ?? Array.from({ length: count }, (_, label) => String(label))
  const known = { name: basename(resolve(folder)), classes, ...(missing.length > 0 && { missing }) }
  return withFittingTruth({ ...known, train, validation, test }, severalAt)
}

/**
 * Number of classes. A class may be missing among 800 images; the usual lists of a task are
 * recognised by their length.
 */
function countClasses(
  folder: string,
  train: readonly Example<Labels>[],
  split: OpenOptions['split'],
): number {
  const seen = 1 + train.reduce((most, { truth }) => Math.max(most, ...truth), 0)
  const usual = train.length === (split === 'final' ? 1000 : 800) ? vtabTaskNamed(folder)?.classes : undefined
  return Math.max(seen, usual ?? 0)
}

/** Contents of a list file. */
interface Listed {
  readonly examples: readonly Example<Labels>[]
  /** `FILE:LINE` of the first line with several labels. */
  readonly severalAt: string | undefined
}

interface ListReading {
  /** Number of classes, if it is known. */
  readonly classes?: number | undefined
  /** Collects the images that are not there; if undefined, they are errors. */
  readonly missing: string[] | undefined
}

function readList(folder: string, name: string, { classes = mostClasses, missing }: ListReading): Listed {
  const path = join(folder, name)
  if (!existsSync(path)) throw new DataError(`dataset: ${path} is missing. Expected ${vtabLists.join(', ')}.`)
  let severalAt: string | undefined
  const examples = readText(path, 'dataset', DataError)
    .split(/\r?\n/)
    .flatMap((line, i) => {
      if (line.trim() === '') return []
      const place = `${path}:${i + 1}`
      const example = parseLine(line, folder, place, { classes, missing })
      if (example === undefined) return []
      if (example.truth.length > 1) severalAt ??= place
      return [example]
    })
  if (examples.length === 0)
    throw new DataError(`dataset: ${path} names no images${missing ? ' that are there' : ''}`)
  return { examples, severalAt }
}

/**
 * The path may contain spaces and numbers: it is the longest beginning of the line that names a file.
 * Undefined if there is no such file.
 */
function parseLine(
  line: string,
  folder: string,
  place: string,
  { classes = mostClasses, missing }: ListReading,
): Example<Labels> | undefined {
  const words = /^\s*(.*\S)\s+(\S+)\s*$/.exec(line)
  if (!words) throw new DataError(`dataset: ${place}: expected "path label", got ${JSON.stringify(line)}`)
  let [, file = '', text = ''] = words
  const longest = insideFolder(file, folder, place)
  let path = longest
  for (let more = withNumber.exec(file); more && !isFile(path); more = withNumber.exec(file)) {
    file = more[1] ?? ''
    text = `${more[2]},${text}`
    path = insideFolder(file, folder, place)
  }
  const truth = parseLabels(text, place, classes)
  if (isFile(path)) return { source: { kind: 'file', path }, truth }
  if (missing === undefined) throw new DataError(`dataset: ${place}: there is no file ${path}`)
  missing.push(longest)
  return undefined
}

/** A path, blanks and a number. */
const withNumber = /^(.*\S)\s+(\d+)$/

function parseLabels(text: string, place: string, classes: number): Labels {
  const labels = text.split(',').map((part) => {
    if (!/^[-+]?\d+$/.test(part))
      throw new DataError(`dataset: ${place}: label ${JSON.stringify(part)} is not a number`)
    const label = Number(part)
    if (label < 0 || label >= classes)
      throw new DataError(`dataset: ${place}: label ${part} is out of range, expected 0 to ${classes - 1}`)
    return label
  })
  const twice = labels.find((label, i) => labels.indexOf(label) !== i)
  if (twice !== undefined) throw new DataError(`dataset: ${place}: label ${twice} is there twice`)
  return labels.sort((a, b) => a - b)
}
