import { existsSync, lstatSync, readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { DataError } from 'dynamic-tuning'
import { isVideoName } from 'dynamic-tuning/data'
import { isFolder } from 'dynamic-tuning/io'
import type { sampleWord } from 'dynamic-tuning/report'

/** Kind of input of a run's model. */
type SampleWord = ReturnType<typeof sampleWord>

const imageName = /\.(jpe?g|png|webp|gif|tiff?|avif|bmp)$/i

/** Words for files with samples of a kind, and the pattern of their names. */
const kinds = {
  image: { files: 'images', isWanted: (name: string) => imageName.test(name) },
  clip: { files: 'videos', isWanted: isVideoName },
} as const satisfies Record<SampleWord, unknown>
type IsWanted = (name: string) => boolean

/**
 * The image or video files that arguments name: files themselves, all files of the kind below folders, and
 * patterns with `*`, `?` and `**` that the shell did not expand; sorted within each.
 * @throws DataError if a folder or a pattern has none
 */
export function imagePaths(places: readonly string[], kind: SampleWord = 'image'): string[] {
  const { files, isWanted } = kinds[kind]
  return places.flatMap((place) => {
    // A missing file is kept: reading it reports the error without stopping the other images.
    const found = isFolder(place)
      ? filesBelow(place, isWanted, new Set())
      : !existsSync(place) && /[*?]/.test(place)
        ? matches(place, isWanted)
        : [place]
    if (found.length === 0)
      throw new DataError(`predict: there are no ${files} in ${place}. Name another place.`)
    return found
  })
}

/** Files below a folder; `seen` has the folders above, which a link inside may lead back to. */
function filesBelow(folder: string, isWanted: IsWanted, seen: ReadonlySet<string>): string[] {
  const place = realpathSync(folder)
  if (seen.has(place)) return []
  const above = new Set([...seen, place])
  return entriesOf(folder).flatMap((name) => {
    const path = join(folder, name)
    if (isFolder(path)) return filesBelow(path, isWanted, above)
    return isWanted(name) ? [path] : []
  })
}

function matches(pattern: string, isWanted: IsWanted): string[] {
  const parts = pattern.split('/')
  const absolute = parts[0] === ''
  const start = absolute ? '/' : '.'
  return walk(start, absolute ? parts.slice(1) : parts).filter(isWanted)
}

function walk(folder: string, [part, ...rest]: readonly string[]): string[] {
  if (part === undefined) return []
  const below = (name: string): string[] =>
    rest.length === 0 ? [join(folder, name)] : walk(join(folder, name), rest)
  if (part === '' || part === '.' || part === '..') return below(part)
  const leadsOn = (name: string): boolean => isFolder(join(folder, name))
  if (part === '**')
    return [
      ...walk(folder, rest),
      ...entriesOf(folder)
        .filter((name) => leadsOn(name) && !isLink(join(folder, name))) // as in shells: a link may lead back
        .flatMap((name) => walk(join(folder, name), [part, ...rest])),
    ]
  const wanted = nameMatcher(part)
  return entriesOf(folder)
    .filter((name) => wanted.test(name) && (rest.length === 0 || leadsOn(name)))
    .flatMap(below)
}

function isLink(path: string): boolean {
  return lstatSync(path).isSymbolicLink()
}

function nameMatcher(part: string): RegExp {
  const text = part
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
  return new RegExp(`^${text}$`, 'u')
}

/** Names in a folder, sorted, without hidden ones; empty if it cannot be read. */
function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort()
  } catch {
    return []
  }
}
