import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { ConfigError } from '../errors.ts'
import type { DatasetKind } from './kinds/kind.ts'
import { namedKinds } from './kinds/registry.ts'

/** A path, and the kind of data there if it was given. */
export interface DiskLocation {
  readonly place: string
  readonly kind: DatasetKind | undefined
}

/** Location of data: on the disk, or drawn at run time, where `place` is the task. */
export type Location = DiskLocation | { readonly place: string; readonly kind: 'builtin' }

/**
 * Parses a location: a path, `builtin:TASK` or `KIND:PATH`. An existing path is always taken as a path.
 * @throws ConfigError if the word before the colon is not a kind of data
 */
export function parseLocation(data: string): Location {
  const [, word, place] = /^([a-z][a-z0-9-]+):(.+)$/.exec(data) ?? []
  if (word === undefined || place === undefined || existsSync(data)) return { place: data, kind: undefined }
  if (word === 'builtin') return { place, kind: 'builtin' }
  const kind = namedKinds.find(({ name }) => name === word)
  if (kind) return { place, kind }
  const known = ['builtin', ...namedKinds.map(({ name }) => name)].join(', ')
  throw new ConfigError(`dataset: ${data}: there is no kind of data ${word}. Choose one of ${known}.`)
}

/** The same location with an absolute path, valid in any working folder. */
export function absoluteLocation(data: string): string {
  const { place, kind } = parseLocation(data)
  if (kind === 'builtin') return data
  return kind ? `${kind.name}:${resolve(place)}` : resolve(place)
}
