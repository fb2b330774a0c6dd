import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DataError } from '../errors.ts'
import { openArchives } from './archive.ts'
import { isClipListFolder, openClipLists } from './clips/clip-lists.ts'
import { openDrawn } from './drawn.ts'
import type { Dataset } from './example.ts'
import { openFolder } from './folder.ts'
import { isListFolder, openLists } from './list.ts'
import { checkOptions, defaultOptions, type OpenOptions } from './options.ts'

const drawnPrefix = 'builtin:'

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
 * | `builtin:count`, `location`, `orientation` or `nature` | drawn at run time: `trainSize` and `testSize` images from `seed` |
 * | `builtin:motion` or `direction` | the same, clips of 32 frames |
 *
 * Where there is one part beside `train`, it is both validation and test.
 * @throws ConfigError if there is no such builtin task or an option makes no sense
 * @throws DataError naming the file and the place if something cannot be used
 */
export async function openDataset(location: string, options: Partial<OpenOptions> = {}): Promise<Dataset> {
  const resolved: OpenOptions = { ...defaultOptions, ...options }
  checkOptions(resolved)
  if (location.startsWith(drawnPrefix)) return openDrawn(location.slice(drawnPrefix.length), resolved)
  const stat = statSync(location, { throwIfNoEntry: false })
  if (!stat)
    throw new DataError(`dataset: there is no ${location}. Give a folder, a .tar archive or builtin:TASK.`)
  if (stat.isFile()) {
    if (location.endsWith('.tar')) return openArchives(location, resolved)
    throw new DataError(`dataset: ${location} is a file. Give a folder, a .tar archive or builtin:TASK.`)
  }
  if (existsSync(join(location, 'train.tar'))) return openArchives(location, resolved)
  if (isListFolder(location)) return openLists(location, resolved)
  if (isClipListFolder(location)) return openClipLists(location, resolved)
  return openFolder(location, resolved)
}
