import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { DataError } from '../../../errors.ts'
import { readJson } from '../../../io/read-json.ts'
import { checkLetterCase } from '../classes.ts'

/** Red, green and blue from 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number]

/** What `classes.json` says about masks. */
export interface NamedClasses {
  /** Names in the order of the class numbers. */
  readonly names: readonly string[]
  /** Values of ignored pixels, besides 255. */
  readonly ignore: readonly number[]
  /** A colour for each class, for pictures. */
  readonly colours?: readonly Colour[]
}

const value = z.int().min(0).max(65535)
const byte = z.int().min(0).max(255)
const names = z.array(z.union([z.string(), z.object({ name: z.string() })]))
const schema = z.union([
  names.transform((classes) => ({ classes })),
  z.object({
    classes: names,
    ignore: z.union([value, z.array(value)]).optional(),
    palette: z.array(z.tuple([byte, byte, byte])).optional(),
  }),
])

/** Most classes of pixels: numbers above stand for ignored pixels. */
const most = 60_000

/**
 * Reads `classes.json` of a folder with masks, if there is one: an array of names, or `{ "classes": names,
 * "ignore": value or values, "palette": [[red, green, blue], ...] }`.
 * @throws DataError naming the file if it is something else, or names fewer than two classes
 */
export function readMaskClasses(folder: string): NamedClasses | undefined {
  const path = join(folder, 'classes.json')
  if (!existsSync(path)) return undefined
  const found = schema.safeParse(readJson(path, DataError))
  if (!found.success)
    throw new DataError(
      `dataset: ${path} must be an array of names, or { "classes": [names], "ignore": value of ignored pixels, "palette": [[red, green, blue], ...] }`,
    )
  const { classes, ignore = [], palette } = { ignore: undefined, palette: undefined, ...found.data }
  const named = classes.map((each) => (typeof each === 'string' ? each : each.name))
  if (named.length < 2 || named.length > most)
    throw new DataError(
      `dataset: ${path} names ${named.length} classes, expected at least two: the background is a class too.`,
    )
  checkLetterCase(named, path)
  const twice = named.find((name, i) => named.indexOf(name) !== i)
  if (twice !== undefined) throw new DataError(`dataset: ${path} names ${twice} twice`)
  if (palette && palette.length < named.length)
    throw new DataError(`dataset: ${path} has ${palette.length} colours for ${named.length} classes`)
  return {
    names: named,
    ignore: [ignore].flat(),
    ...(palette && { colours: palette.slice(0, named.length) }),
  }
}
