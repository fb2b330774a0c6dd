import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { classNames, type Found, type Grouped, groupByFolder, label } from './classes.ts'
import type { Dataset, Example } from './example.ts'
import { isImageName } from './extensions.ts'
import type { OpenOptions } from './options.ts'
import { stratifiedSplit } from './split.ts'
import { readTarIndex } from './tar.ts'

/**
 * A folder with `train.tar` and `val.tar` (or `validation.tar`, `test.tar`) of class folders, or one archive of class
 * folders, which is split. `classes.json` beside the archives may give readable names.
 */
export function openArchives(location: string, options: OpenOptions): Dataset {
  if (location.endsWith('.tar'))
    return openArchive(location, dirname(location), basename(location, '.tar'), options)
  const archive = (...names: string[]): string | undefined =>
    names.map((name) => join(location, `${name}.tar`)).find((path) => existsSync(path))
  const train = archive('train') as string
  const validation = archive('val', 'validation', 'test')
  const test = archive('test', 'val', 'validation')
  if (!validation || !test) return openArchive(train, location, basename(location), options)
  const groups = readArchive(train)
  const ids = [...groups.keys()]
  const part = (path: string): Example[] => label(readArchive(path), ids, path)
  const validationPart = part(validation)
  return {
    name: basename(location),
    classes: classNames(ids, location),
    train: label(groups, ids, train),
    validation: validationPart,
    test: test === validation ? validationPart : part(test),
  }
}

function openArchive(path: string, folder: string, name: string, options: OpenOptions): Dataset {
  const groups = readArchive(path)
  const ids = [...groups.keys()]
  const { train, validation } = stratifiedSplit(
    label(groups, ids, path),
    options.validationShare,
    options.seed,
  )
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
