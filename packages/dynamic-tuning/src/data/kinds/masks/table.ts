import { join } from 'node:path'
import { DataError } from '../../../errors.ts'
import { plainClasses, unknownLabel } from '../../masks/mask-source.ts'
import { findValues } from './found-values.ts'
import type { NamedClasses } from './mask-classes.ts'
import type { MaskTable } from './parts.ts'

/** The classes of a folder of masks. */
export interface DecidedTable {
  readonly table: MaskTable
  readonly classes: readonly string[]
  /** What people should know about it. */
  readonly note?: string
}

/** White in 8-bit masks: the second class of masks of 0 and 255, otherwise ignored. */
const white = 255
/** More classes than this are hardly meant where nobody names them: masks of instances have such numbers. */
const mostUnnamed = 1000
/** Number of masks that are searched for 0 and 255 alone, where the classes are named. */
const searched = 200

/**
 * Decides how values of masks become class numbers: as `classes.json` says, or from the values found. Masks
 * with no other values than 0 and 255 have two classes.
 * @throws DataError if no mask can be read, or the values found are no class numbers
 */
export async function decideTable(
  folder: string,
  masks: readonly string[],
  named: NamedClasses | undefined,
): Promise<DecidedTable> {
  if (named === undefined) return unnamed(folder, masks)
  const { names, ignore } = named
  if (names.length === 2 && !ignore.includes(white)) {
    const few = masks.slice(0, searched)
    if (isBlackAndWhite((await findValues(few, (value) => value > 0 && value < white)).values))
      return { table: blackAndWhite(), classes: names, note: whiteNote(names) }
  }
  return { table: { classes: plainClasses(names.length, ignore), count: names.length }, classes: names }
}

async function unnamed(folder: string, masks: readonly string[]): Promise<DecidedTable> {
  const { values, largestIn } = await findValues(masks)
  const place = join(folder, 'classes.json')
  if (isBlackAndWhite(values)) {
    const classes = ['class 0', 'class 1']
    return { table: blackAndWhite(), classes, note: `${whiteNote(classes)} ${place} may give their names.` }
  }
  const above = values.some((value) => value > white)
  const largest = Math.max(-1, ...values.filter((value) => above || value !== white))
  if (largest >= mostUnnamed)
    throw new DataError(
      `dataset: ${largestIn} has the value ${largest}: expected class numbers from 0. Name the classes in ${place}, or number the pixels by class.`,
    )
  if (largest < 1)
    throw new DataError(
      `dataset: the ${masks.length} masks of ${folder} have ${largest < 0 ? 'no class' : 'class 0 alone'}. Expected at least two classes.`,
    )
  const count = largest + 1
  return {
    table: { classes: plainClasses(count), count },
    classes: Array.from({ length: count }, (_, label) => `class ${label}`),
    note: `there is no ${place}: the masks have values up to ${largest}, so there are ${count} classes, called class 0 to class ${largest}${above ? '' : '; 255 is ignored'}.`,
  }
}

const isBlackAndWhite = (values: readonly number[]): boolean =>
  values.includes(white) && values.every((value) => value === 0 || value === white)

/** 0 is class 0, 255 is class 1. */
function blackAndWhite(): MaskTable {
  const classes = new Uint16Array(white + 1).fill(unknownLabel)
  classes.set([0], 0)
  classes.set([1], white)
  return { classes, count: 2 }
}

const whiteNote = ([black = '', other = '']: readonly string[]): string =>
  `the masks have values 0 and 255 only: 0 is taken for ${black}, 255 for ${other}.`
