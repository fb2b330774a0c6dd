import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DataError } from 'dynamic-tuning'

const imageName = /\.(jpe?g|png|webp|gif|tiff?|avif|bmp)$/i

/**
 * The image files that arguments name: files as they are, all images below folders, and patterns with `*`, `?` and `**`
 * that the shell left alone; sorted within each. @throws DataError where a folder or a pattern holds no image
 */
export function imagePaths(places: readonly string[]): string[] {
  return places.flatMap((place) => {
    const stat = statSync(place, { throwIfNoEntry: false })
    // A missing file stays: reading it says what is wrong, and the other images go on.
    const found = stat?.isDirectory()
      ? imagesBelow(place)
      : !stat && /[*?]/.test(place)
        ? matches(place)
        : [place]
    if (found.length === 0)
      throw new DataError(`predict: there are no images in ${place}. Name another place.`)
    return found
  })
}

function imagesBelow(folder: string): string[] {
  return entriesOf(folder).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return imagesBelow(path)
    return imageName.test(name) ? [path] : []
  })
}

function matches(pattern: string): string[] {
  const parts = pattern.split('/')
  const absolute = parts[0] === ''
  const start = absolute ? '/' : '.'
  return walk(start, absolute ? parts.slice(1) : parts).filter((path) => imageName.test(path))
}

function walk(folder: string, [part, ...rest]: readonly string[]): string[] {
  if (part === undefined) return []
  const below = (name: string): string[] =>
    rest.length === 0 ? [join(folder, name)] : walk(join(folder, name), rest)
  if (part === '' || part === '.' || part === '..') return below(part)
  const isFolder = (name: string): boolean =>
    statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory() === true
  if (part === '**')
    return [
      ...walk(folder, rest),
      ...entriesOf(folder)
        .filter(isFolder)
        .flatMap((name) => walk(join(folder, name), [part, ...rest])),
    ]
  const wanted = nameMatcher(part)
  return entriesOf(folder)
    .filter((name) => wanted.test(name) && (rest.length === 0 || isFolder(name)))
    .flatMap(below)
}

function nameMatcher(part: string): RegExp {
  const text = part
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
  return new RegExp(`^${text}$`, 'u')
}

/** Names in a folder, sorted, hidden ones left out; none where it cannot be read. */
function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort()
  } catch {
    return []
  }
}
