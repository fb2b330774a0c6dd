import { statSync } from 'node:fs'
import { DataError } from '../errors.ts'
import type { Dataset } from './example.ts'
import { openDrawn } from './kinds/drawn.ts'
import { folders } from './kinds/folder.ts'
import type { DatasetKind } from './kinds/kind.ts'
import { datasetKinds } from './kinds/registry.ts'
import { forSearch } from './kinds/split.ts'
import { type DiskLocation, type Location, parseLocation } from './location.ts'
import { checkOptions, defaultOptions, type OpenOptions } from './options.ts'

/**
 * Opens a dataset; images are only read when they are needed.
 *
 * | location | parts |
 * |---|---|
 * | folder with `train/` and `val/` (or `validation/`, `test/`) of class folders, of images or of clips | as they are |
 * | folder of class folders | a seeded share of every class becomes validation, and test |
 * | folder with `train800.txt`, `val200.txt`, `train800val200.txt`, `test.txt` | as option `split` says |
 * | folder with lists of clips: `train.csv` and `val.csv` of paths and labels, or the authors' of Kinetics or Something-Something V2 | as they are |
 * | folder with `train.tar` and `val.tar` (or `test.tar`) of class folders | as they are |
 * | one `.tar` of class folders | like a folder of class folders |
 * | a complete set as its authors publish it (`datasetKinds`) | as option `split` says |
 * | `builtin:count`, `location`, `orientation` or `nature` | drawn at run time: `trainSize` and `testSize` images from `seed` |
 * | `builtin:gathering` | the same, images with several labels |
 * | `builtin:motion` or `direction` | the same, clips of 32 frames |
 *
 * Which it is shows from the names in the folder; `KIND:PATH` says it. Where there is one part beside `train`, it is both
 * validation and test; with `split: 'search'` validation then comes from `train`. Images come in the order that `inOrder` defines.
 * @throws ConfigError if there is no such builtin task or kind, or an option makes no sense
 * @throws DataError naming the file and the place if something cannot be used
 */
export async function openDataset(location: string, options: Partial<OpenOptions> = {}): Promise<Dataset> {
  const resolved: OpenOptions = { ...defaultOptions, ...options }
  checkOptions(resolved)
  const dataset = await openParts(parseLocation(location), resolved)
  return resolved.split === 'search' ? forSearch(dataset, resolved) : dataset
}

function openParts(location: Location, options: OpenOptions): Dataset | Promise<Dataset> {
  if (location.kind === 'builtin') return openDrawn(location.place, options)
  const { kind, folder } = findDataset(location)
  return kind.open(folder, options)
}

/** The kind of data that a place holds. */
export interface FoundDataset {
  readonly kind: DatasetKind
  /** The folder, at or just inside the place, that it lies in. */
  readonly folder: string
}

/** Tells what a place holds, by a few names only. @throws DataError if there is no such place, or nothing it may be */
export function findDataset({ place, kind }: DiskLocation): FoundDataset {
  const stat = statSync(place, { throwIfNoEntry: false })
  if (!stat) throw new DataError(`dataset: there is no ${place}. ${givePlace}`)
  if (kind) {
    const folder = kind.locate(place)
    if (folder !== undefined) return { kind, folder }
    throw new DataError(`dataset: ${place} does not hold ${kind.title}. Expected ${kind.expects}.`)
  }
  const found = datasetKinds.flatMap((each): FoundDataset[] => {
    const folder = each.locate(place)
    return folder === undefined ? [] : [{ kind: each, folder }]
  })
  const here = found.find(({ folder }) => folder === place) ?? found[0]
  const others = found.filter(({ folder }) => folder !== place)
  if (here && here.folder !== place && others.length > 1) throw severalSets(place, others)
  if (here) return here
  if (stat.isFile()) throw new DataError(`dataset: ${place} is a file. ${givePlace}${unpackFirst(place)}`)
  return { kind: folders, folder: place }
}

const givePlace = 'Give a folder, a .tar archive or builtin:TASK.'

function unpackFirst(place: string): string {
  return /\.(tgz|gz|bz2|xz|zip)$/.test(place) ? ' Unpack compressed archives first.' : ''
}

function severalSets(place: string, found: readonly FoundDataset[]): DataError {
  const names = found.map(({ kind }) => `${kind.name}:${place}`).join(' or ')
  return new DataError(`dataset: ${place} holds several datasets. Say which: ${names}.`)
}
