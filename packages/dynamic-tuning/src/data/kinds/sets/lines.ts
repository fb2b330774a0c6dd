import { existsSync } from 'node:fs'
import { DataError } from '../../../errors.ts'
import { readText } from '../../../io/regular-file.ts'

/** A line of a text file, with `FILE:7` for error messages. */
export interface Line {
  readonly text: string
  readonly place: string
}

/**
 * Non-empty lines of a text file, trimmed, without `#` comments.
 * @throws DataError if it is missing or has none
 */
export function readLines(path: string): Line[] {
  if (!existsSync(path)) throw new DataError(`dataset: ${path} is missing. Unpack the dataset again.`)
  const lines = readText(path, 'dataset', DataError)
    .split(/\r?\n/)
    .map((text, i): Line => ({ text: text.trim(), place: `${path}:${i + 1}` }))
    .filter(({ text }) => text !== '' && !text.startsWith('#'))
  if (lines.length === 0) throw new DataError(`dataset: ${path} is empty. Unpack the dataset again.`)
  return lines
}

/** Reads a file of class names, one per line. @throws DataError for a duplicate name */
export function readClassNames(path: string): string[] {
  const seen = new Map<string, string>()
  return readLines(path).map(({ text, place }) => {
    const before = seen.get(text)
    if (before !== undefined)
      throw new DataError(`dataset: ${place}: class ${text} was named before, at ${before}`)
    seen.set(text, place)
    return text
  })
}

/** Converts class names to labels. */
export function labelOf(classes: readonly string[], from: string): (name: string, place: string) => number {
  const labels = new Map(classes.map((name, label) => [name, label]))
  return (name, place) => {
    const label = labels.get(name)
    if (label !== undefined) return label
    throw new DataError(`dataset: ${place}: there is no class ${JSON.stringify(name)} in ${from}`)
  }
}
