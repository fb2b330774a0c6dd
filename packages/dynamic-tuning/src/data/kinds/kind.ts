import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Dataset } from '../example.ts'
import type { OpenOptions } from '../options.ts'

/** A way in which labelled images lie on the disk. */
export interface DatasetKind {
  /** Names it in front of a place: `cifar10:PLACE`. */
  readonly name: string
  /** What people call it. */
  readonly title: string
  /** What it must hold, for messages. */
  readonly expects: string
  /** The folder (or file) at or just inside a place that holds it; undefined if none does. Looks at a few names only. */
  locate(place: string): string | undefined
  /** @throws DataError naming file and place */
  open(folder: string, options: OpenOptions): Dataset | Promise<Dataset>
}

/**
 * Looks for a folder with all of some files: the place itself, or one of the folders in it that the authors' archive unpacks to.
 */
export function holding(files: readonly string[], inner: readonly string[]): DatasetKind['locate'] {
  return (place) =>
    ['', ...inner]
      .map((folder) => (folder === '' ? place : join(place, folder)))
      .find((folder) => files.every((file) => existsSync(join(folder, file))))
}
