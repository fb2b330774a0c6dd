import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { isFile } from '../../io/regular-file.ts'
import type { Dataset, Example } from '../example.ts'
import type { OpenOptions } from '../options.ts'
import { isImageName } from '../sources/extensions.ts'
import { readTarIndex } from '../sources/tar.ts'
import { classTruth } from '../truths/class.ts'
import { classNames, type Found, type Grouped, groupByFolder, label } from './classes.ts'
import type { DatasetKind } from './kind.ts'
import { inOrder } from './order.ts'
import { stratifiedSplit } from './split.ts'

/**
 * A folder with `train.tar` and `val.tar` (or `validation.tar`, `test.tar`) of class folders, or one archive
 * of class folders, which is split. `classes.json` beside the archives may give readable names.
 */
export const archives: DatasetKind = {
  name: 'tar',
  title: 'tar archives of class folders',
  expects: 'train.tar and val.tar (or test.tar), or one .tar',
  locate(place) {
    const isArchive = place.endsWith('.tar') && isFile(place)
    return isArchive || existsSync(join(place, 'train.tar')) ? place : undefined
  },
  open: openArchives,
}

function openArchives(location: string, options: OpenOptions): Dataset {
  const path = resolve(location)
  if (isFile(path)) return openArchive(path, dirname(path), basename(path, '.tar'), options)
  const train = join(path, 'train.tar')
  const archive = (...names: string[]): string | undefined =>
    names.map((name) => join(path, `${name}.tar`)).find((each) => existsSync(each))
  const validation = archive('val', 'validation', 'test')
  const test = archive('test', 'val', 'validation')
  if (!validation || !test) return openArchive(train, path, basename(path), options)
  const groups = readArchive(train)
  const ids = [...groups.keys()]
  const part = (archived: string): readonly Example<number>[] =>
    inOrder(label(readArchive(archived), ids, archived))
  const validationPart = part(validation)
  return {
    name: basename(path),
    classes: classNames(ids, path),
    train: inOrder(label(groups, ids, train)),
    validation: validationPart,
    test: test === validation ? validationPart : part(test),
  }
}

function openArchive(path: string, folder: string, name: string, options: OpenOptions): Dataset {
  const groups = readArchive(path)
  const ids = [...groups.keys()]
  const { train, validation } = stratifiedSplit(inOrder(label(groups, ids, path)), classTruth, options)
  return { name, classes: classNames(ids, folder), train, validation, test: validation }
}

function readArchive(archive: string): Grouped {
  const found = readTarIndex(archive)
    .filter(({ name }) => isImageName(name) && !name.split('/').some((part) => part.startsWith('.')))
    .map(
      ({ name, offset, size }): Found => ({
        path: name,
        source: { kind: 'tar', archive, offset, size, name },
      }),
    )
  return groupByFolder(found, archive)
}
