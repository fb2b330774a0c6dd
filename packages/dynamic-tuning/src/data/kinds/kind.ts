import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Dataset } from '../example.ts'
import type { OpenOptions } from '../options.ts'

/** A layout of labelled images on the disk. */
export interface DatasetKind {
  /** Prefix of a path that selects this kind: `cifar10:PATH`. */
  readonly name: string
  /** Title for people. */
  readonly title: string
  /** Files that it must have, for error messages. */
  readonly expects: string
  /**
   * The folder (or file) of this kind at or just inside a path; undefined if there is
   * none. Checks a few names only.
   */
  locate(place: string): string | undefined
  /** @throws DataError naming file and place */
  open(folder: string, options: OpenOptions): Dataset | Promise<Dataset>
}

/**
 * Looks for a folder with all of `files`: the path itself, or a folder in it that the
 * authors' archive unpacks to.
 */
export function holding(files: readonly string[], inner: readonly string[]): DatasetKind['locate'] {
  return (place) =>
    ['', ...inner]
      .map((folder) => (folder === '' ? place : join(place, folder)))
      .find((folder) => files.every((file) => existsSync(join(folder, file))))
}
