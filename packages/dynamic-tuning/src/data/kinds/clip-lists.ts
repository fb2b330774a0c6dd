import { readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { DataError } from '../../errors.ts'
import { isFile, isFolder, readText } from '../../io/regular-file.ts'
import { present } from '../../present.ts'
import type { Dataset, Example } from '../example.ts'
import type { OpenOptions } from '../options.ts'
import { isVideoName } from '../sources/extensions.ts'
import { classTruth } from '../truths/class.ts'
import { mostClasses, readClasses } from './classes.ts'
import { type Listed, type ListFormat, listFormats } from './clip-list-formats.ts'
import type { DatasetKind } from './kind.ts'
import { inOrder } from './order.ts'
import { stratifiedSplit } from './split.ts'

const partNames = { train: ['train'], validation: ['val', 'validation', 'validate'], test: ['test'] }
type Part = keyof typeof partNames

/**
 * File name of a part's list: `train.csv`, `kinetics-400_train.csv`, `something-something-v2-train.json`, ...
 */
function listOf(folder: string, part: Part): string | undefined {
  const pattern = new RegExp(`(^|[-_])(${partNames[part].join('|')})\\.(csv|txt|json)$`, 'i')
  return readdirSync(folder)
    .sort()
    .find((name) => pattern.test(name))
}

/** Lists of clips in the folder of the clips. */
export const clipLists: DatasetKind = {
  name: 'clip-lists',
  title: 'lists of clips',
  expects: 'train.csv of "path label" lines, or the lists of Kinetics or Something-Something V2',
  locate: (place) => (isClipListFolder(place) ? place : undefined),
  open: openClipLists,
}

/** True if a folder holds lists of clips. */
function isClipListFolder(folder: string): boolean {
  const name = isFolder(folder) ? listOf(folder, 'train') : undefined
  if (name === undefined) return false
  const text = readText(join(folder, name), 'dataset', DataError)
  const format = listFormats.find((each) => each.fits(name, text))
  if (format === undefined || !format.paths) return format !== undefined
  const [first = ''] = text.split(/\r?\n/, 1)
  return /\.\w+"?[\s,;]+\d+\s*$/.test(first) && isVideoName(first.replace(/"?[\s,;]+\d+\s*$/, ''))
}

/**
 * Opens a folder with lists of clips of Kinetics, of Something-Something or of lines `path label`. Without a
 * validation list, a share of the training clips is used for validation. The authors' own test lists have no
 * labels, so their validation list is also the test list, as in publications.
 * @throws DataError naming the list and a line that is invalid, and, without `skipBad`, for missing clips
 */
function openClipLists(folder: string, options: OpenOptions): Dataset {
  const read = listReader(folder)
  const train = present(read('train'), 'a training list')
  const validation = read('validation')
  const own = train.format.paths ? read('test') : undefined
  const classes = classesOf(folder, train)
  const finder = clipFinder(folder)
  const missing: string[] = []
  const part = (list: ReadList): readonly Example<number>[] =>
    inOrder(examplesOf(folder, list, classes, { ...options, finder, missing }))
  const known = { name: basename(resolve(folder)), kind: 'clips', classes } as const
  const trained = part(train)
  const tested = own ?? validation
  if (tested === undefined) {
    const split = stratifiedSplit(trained, classTruth, options)
    return { ...known, ...split, test: split.validation, missing }
  }
  const test = part(tested)
  return { ...known, train: trained, validation: own && validation ? part(validation) : test, test, missing }
}

interface ReadList {
  readonly path: string
  readonly format: ListFormat
  readonly entries: readonly Listed[]
}

function listReader(folder: string): (part: Part) => ReadList | undefined {
  return (part) => {
    const name = listOf(folder, part)
    if (name === undefined) return undefined
    const path = join(folder, name)
    const text = readText(path, 'dataset', DataError)
    const format = present(
      listFormats.find((each) => each.fits(name, text)),
      `a format of ${path}`,
    )
    const entries = format.read(path, text)
    if (entries.length === 0) throw new DataError(`dataset: ${path} names no clips`)
    return { path, format, entries }
  }
}

/**
 * Class names: from the format's own file or `classes.json`, else the names in the training list, or numbers.
 */
function classesOf(folder: string, { path, format, entries }: ReadList): readonly string[] {
  if (format.classes) return format.classes(folder)
  if (!format.paths) return [...new Set(entries.map(({ label }) => String(label)))].sort()
  const known = readClasses(folder)?.map(({ name }) => name)
  const count = 1 + entries.reduce((most, { label }) => Math.max(most, Number(label)), 0)
  if (count > mostClasses)
    throw new DataError(
      `dataset: ${path} has the label ${count - 1}, expected 0 to ${mostClasses - 1}. Correct it.`,
    )
  return known ?? Array.from({ length: count }, (_, label) => String(label))
}

interface Finding {
  readonly finder: (name: string) => string | undefined
  readonly missing: string[]
  readonly skipBad: boolean
}

function examplesOf(
  folder: string,
  { path: list, format, entries }: ReadList,
  classes: readonly string[],
  { finder, missing, skipBad }: Finding,
): Example<number>[] {
  const places = new Map(classes.map((name, place) => [name, place]))
  const before = missing.length
  const examples = entries.flatMap(({ clip, label }): Example<number>[] => {
    const place = typeof label === 'number' ? label : places.get(label)
    if (place === undefined || place >= classes.length)
      throw new DataError(
        `dataset: ${list}: ${clip} has class ${label}, which is none of the ${classes.length}`,
      )
    const path = format.paths ? existing(resolve(folder, clip)) : finder(clip)
    if (path === undefined) missing.push(clip)
    return path === undefined ? [] : [{ source: { kind: 'file', path }, truth: place }]
  })
  const lacking = missing.length - before
  if (examples.length > 0 && (lacking === 0 || skipBad)) return examples
  throw new DataError(
    `dataset: ${lacking} of the ${entries.length} clips of ${list} are not in ${folder}, the first is ${missing[before]}. Put them there, or leave them out with --skip-bad.`,
  )
}

const existing = (path: string): string | undefined => (isFile(path) ? path : undefined)

/** Finds videos in a folder and its subfolders by name without ending; the folder is listed once. */
function clipFinder(folder: string): (name: string) => string | undefined {
  let known: Map<string, string> | undefined
  const listed = (): Map<string, string> =>
    new Map(
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter(isVideoName)
        .sort()
        .reverse()
        .map((path) => [basename(path).replace(/\.\w+$/, ''), join(folder, path)]),
    )
  return (name) => {
    known ??= listed()
    return known.get(name)
  }
}
