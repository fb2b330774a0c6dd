import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, join, resolve, sep } from 'node:path'
import { DataError } from '../../errors.ts'
import type { Dataset, Example } from '../example.ts'
import type { OpenOptions } from '../options.ts'
import { readClasses } from './classes.ts'
import type { DatasetKind } from './kind.ts'
import { inOrder } from './order.ts'
import { isListFolder, vtabLists, vtabTaskNamed } from './vtab.ts'

/**
 * A folder of list files, `path label` a line, paths from the folder: `final` trains on train800val200 and reports test
 * as validation; `search` trains on train800 and reports val200. Names come from `classes.json`, else they are numbers: as many as
 * the task of VTAB-1K has whose name the folder bears, or as the training labels tell.
 */
export const lists: DatasetKind = {
  name: 'lists',
  title: 'VTAB-style list files',
  expects: vtabLists.join(', '),
  locate: (place) => (isListFolder(place) ? place : undefined),
  open: openLists,
}

function openLists(folder: string, { split }: OpenOptions): Dataset {
  const known = readClasses(folder)?.map(({ name }) => name)
  const read = (name: string, classes: number | undefined): readonly Example<number>[] =>
    inOrder(readList(folder, name, classes))
  const train = read(split === 'final' ? 'train800val200.txt' : 'train800.txt', known?.length)
  const count = known?.length ?? countClasses(folder, train, split)
  const test = read('test.txt', count)
  return {
    name: basename(resolve(folder)),
    classes: known ?? Array.from({ length: count }, (_, label) => String(label)),
    train,
    validation: split === 'final' ? test : read('val200.txt', count),
    test,
  }
}

/** A class may be missing among 800 images; the usual lists of a task are known by their length. */
function countClasses(
  folder: string,
  train: readonly Example<number>[],
  split: OpenOptions['split'],
): number {
  const seen = 1 + train.reduce((most, { truth }) => Math.max(most, truth), 0)
  const usual = train.length === (split === 'final' ? 1000 : 800) ? vtabTaskNamed(folder)?.classes : undefined
  return Math.max(seen, usual ?? 0)
}

/** The most classes believed of a list without `classes.json`. */
const mostClasses = 100_000

function readList(folder: string, name: string, classes: number | undefined): Example<number>[] {
  const path = join(folder, name)
  if (!existsSync(path)) throw new DataError(`dataset: ${path} is missing. Expected ${vtabLists.join(', ')}.`)
  const examples: Example<number>[] = []
  readFileSync(path, 'utf8')
    .split(/\r?\n/)
    .forEach((line, i) => {
      if (line.trim() !== '')
        examples.push(parseLine(line, folder, `${path}:${i + 1}`, classes ?? mostClasses))
    })
  if (examples.length === 0) throw new DataError(`dataset: ${path} names no images`)
  return examples
}

function parseLine(line: string, folder: string, place: string, classes: number): Example<number> {
  const [, file, text] = /^\s*(.*\S)\s+(\S+)\s*$/.exec(line) ?? []
  if (file === undefined || text === undefined) {
    throw new DataError(`dataset: ${place}: expected "path label", got ${JSON.stringify(line)}`)
  }
  const label = Number(text)
  if (!/^[-+]?\d+$/.test(text))
    throw new DataError(`dataset: ${place}: label ${JSON.stringify(text)} is not a number`)
  if (label < 0 || label >= classes) {
    throw new DataError(`dataset: ${place}: label ${text} is out of range, expected 0 to ${classes - 1}`)
  }
  const root = resolve(folder)
  const path = resolve(root, file)
  if (!path.startsWith(root.endsWith(sep) ? root : root + sep))
    throw new DataError(`dataset: ${place}: ${JSON.stringify(file)} leaves the folder ${folder}`)
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new DataError(`dataset: ${place}: there is no file ${path}`)
  }
  return { source: { kind: 'file', path }, truth: label }
}
