import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { DataError } from '../../errors.ts'
import { parseJson } from '../../io/parse-json.ts'
import { readJson } from '../../io/read-json.ts'
import { messageOf } from '../../message-of.ts'

/** A line of a list: a clip, and the number or name of its class. */
export interface Listed {
  /** A path relative to the folder; in the authors' own lists a file name without ending, in any folder. */
  readonly clip: string
  readonly label: number | string
}

/** A format of lists of clips. */
export interface ListFormat {
  readonly name: string
  /** True if `clip` is a path, false if it is a name to search for. */
  readonly paths: boolean
  /** True if a list has this format, judged by its file name and text. */
  fits(file: string, text: string): boolean
  /** @throws DataError naming a line that is invalid */
  read(file: string, text: string): Listed[]
  /** Class names in the order of their numbers, if the format has a file for them. */
  classes?(folder: string): string[]
}

const lines = (text: string): [string, number][] =>
  text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, i): [string, number] => [line, i + 1])
    .filter(([line]) => line.trim() !== '')

/**
 * Lines `path label`, `path,label` or `path;label`, labels from 0: the lists of Kinetics and
 * Something-Something in AdaptFormer and VideoMAE.
 */
const pathLabel: ListFormat = {
  name: 'path label',
  paths: true,
  fits: (file) => /\.(csv|txt)$/i.test(file),
  read: (file, text) =>
    lines(text).map(([line, at]) => {
      const [, path, label] = /^\s*(.*?\S)(?:\s*[,;]\s*|\s+)(\d+)\s*$/.exec(line) ?? []
      if (path === undefined || label === undefined)
        throw new DataError(
          `dataset: ${file}:${at}: expected "path label" with a label from 0, got ${JSON.stringify(line)}`,
        )
      return { clip: path.replace(/^"(.*)"$/, '$1'), label: Number(label) }
    }),
}

/** Splits a line of comma-separated values, quoted or not. */
function columns(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, bare]) =>
    (quoted?.replaceAll('""', '"') ?? bare ?? '').trim(),
  )
}

const needed = ['label', 'youtube_id', 'time_start', 'time_end']

/**
 * The authors' lists of Kinetics: `label,youtube_id,time_start,time_end,split`.
 * Files are named `ID_START_END`, with six digits for each time.
 */
const kinetics: ListFormat = {
  name: 'Kinetics',
  paths: false,
  fits: (file, text) => {
    const head = columns((lines(text)[0] ?? [''])[0])
    return /\.csv$/i.test(file) && needed.every((name) => head.includes(name))
  },
  read: (file, text) => {
    const [[head] = [''], ...rows] = lines(text)
    const places = needed.map((name) => columns(head).indexOf(name))
    return rows.map(([line, at]) => {
      const cells = columns(line)
      const [label, id, start, end] = places.map((place) => cells[place] ?? '')
      if (!label || !id || !/^\d+$/.test(start ?? '') || !/^\d+$/.test(end ?? ''))
        throw new DataError(`dataset: ${file}:${at}: expected ${head}, got ${JSON.stringify(line)}`)
      return { clip: `${id}_${start?.padStart(6, '0')}_${end?.padStart(6, '0')}`, label }
    })
  },
}

const somethingSchema = z.array(
  z.object({ id: z.union([z.string(), z.number()]), template: z.string().optional() }),
)
const labelsSchema = z.record(z.string(), z.union([z.string().regex(/^\d+$/), z.int()]))
const bare = (template: string): string => template.replace(/[[\]]/g, '')

/**
 * The authors' lists of Something-Something V2: JSON with `id` and `template`;
 * `labels.json` beside it has the classes.
 */
const something: ListFormat = {
  name: 'Something-Something',
  paths: false,
  fits: (file) => /\.json$/i.test(file),
  read: (file, text) => {
    const entries = somethingSchema.safeParse(json(file, text))
    if (!entries.success)
      throw new DataError(`dataset: ${file} must be an array of { "id", "label", "template" }`)
    return entries.data.map(({ id, template }, i) => {
      if (template === undefined)
        throw new DataError(`dataset: ${file}: entry ${i} has no template, which tells its class`)
      return { clip: String(id), label: bare(template) }
    })
  },
  classes(folder) {
    const path = ['labels.json', 'something-something-v2-labels.json']
      .map((name) => join(folder, name))
      .find((each) => existsSync(each))
    if (path === undefined)
      throw new DataError(`dataset: ${folder} has no labels.json, which numbers the classes. Put it there.`)
    const labels = labelsSchema.safeParse(readJson(path, DataError))
    if (!labels.success) throw new DataError(`dataset: ${path} must be { "name of a class": "number" }`)
    return Object.entries(labels.data)
      .sort(([, a], [, b]) => Number(a) - Number(b))
      .map(([name]) => bare(name))
  },
}

function json(path: string, text: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    throw new DataError(`dataset: ${path} is not JSON: ${messageOf(error)}`)
  }
}

/** All formats; a list is read with the first that fits. */
export const listFormats: readonly ListFormat[] = [kinetics, something, pathLabel]
