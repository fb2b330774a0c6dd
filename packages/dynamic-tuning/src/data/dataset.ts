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
 * | location | train, validation and test |
 * |---|---|
 * | folder with `train/` and `val/` (`validation/`, `test/`) of class folders | as they are |
 * | folder of class folders | validation, which is test too, is a seeded share of every class |
 * | folder with `train800.txt`, `val200.txt`, `train800val200.txt`, `test.txt` | see option `split` |
 * | folder of clips with `train.csv` and `val.csv` of paths and labels | as they are |
 * | folder of clips with the authors' lists of Kinetics or Something-Something V2 | as they are |
 * | folder with `images/` and `masks/` | parts as they are, else validation is a seeded share |
 * | folder with `train.tar` and `val.tar` (or `test.tar`) of class folders | as they are |
 * | one `.tar` of class folders | like a folder of class folders |
 * | dataset as published by its authors (`datasetKinds`) | see option `split` |
 * | `builtin:count`, `location`, `orientation`, `nature` | `trainSize`, `testSize` images drawn from `seed` |
 * | `builtin:gathering` | the same with several labels per image |
 * | `builtin:motion`, `direction` | the same with clips of 32 frames |
 * | `builtin:scenes` | the same with a class for every pixel |
 *
 * Class folders hold images or clips. The kind is detected from names in the folder, or given as `KIND:PATH`.
 * A single part beside `train` is used as both validation and test; with `split: 'search'` validation is then
 * taken from `train`. Examples are sorted by `inOrder`.
 * @throws ConfigError if there is no such builtin task or kind, or an option is invalid
 * @throws DataError naming the file and the place of anything unusable
 * @example
 * ```ts
 * import { openDataset } from 'dynamic-tuning/data'
 *
 * const { classes, train, test } = await openDataset('photos')
 * console.log(classes, train.length, test.length)
 * ```
 */
export async function openDataset(location: string, options: Partial<OpenOptions> = {}): Promise<Dataset> {
  const resolved: OpenOptions = { ...defaultOptions, ...options }
  checkOptions(resolved)
  try {
    const dataset = await openParts(parseLocation(location), resolved)
    return resolved.split === 'search' ? forSearch(dataset, resolved) : dataset
  } catch (error) {
    throw isRefusal(error) ? cannotRead(location, error) : error
  }
}

/** True if the system refused to look at a path: no permission, a name too long or with a zero byte. */
function isRefusal(error: unknown): error is Error {
  if (!(error instanceof Error) || !('code' in error)) return false
  return 'syscall' in error || error.code === 'ERR_INVALID_ARG_VALUE'
}

function cannotRead(location: string, error: Error): DataError {
  return new DataError(`dataset: cannot read ${location}, got ${error.message}. Check its names and rights.`)
}

function openParts(location: Location, options: OpenOptions): Dataset | Promise<Dataset> {
  if (location.kind === 'builtin') return openDrawn(location.place, options)
  const { kind, folder } = findDataset(location)
  return kind.open(folder, options)
}

/** The kind of data found at a path. */
export interface FoundDataset {
  readonly kind: DatasetKind
  /** Its folder: the path itself or a folder just inside. */
  readonly folder: string
}

/**
 * Detects what kind of data a path holds, from a few names only.
 * @throws DataError if the path does not exist or holds no known kind
 */
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
  if (!stat.isDirectory())
    throw new DataError(`dataset: ${place} is a file. ${givePlace}${unpackFirst(place)}`)
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
