import { DataError } from '../../errors.ts'
import type { Labels } from '../truths/labels.ts'
import { checkLetterCase } from './classes.ts'
import type { CsvRow, CsvTable } from './csv.ts'

/** Reads the columns of a table of labelled images. */
export interface LabelColumns {
  readonly classes: readonly string[]
  /** True if a column says which part of the dataset an image belongs to. */
  readonly split: boolean
  /**
   * @throws DataError naming file and line if the row has no label or an unknown one, or
   * a value other than 0 and 1
   */
  labelsOf(row: CsvRow): Labels
  /**
   * `train`, `validation` or `test`; undefined without a column `split`.
   * @throws DataError for any other value
   */
  partOf(row: CsvRow): string | undefined
}

const imageHeads = ['image', 'file', 'filename', 'path']
const partNames: readonly string[] = ['train', 'validation', 'test']

/**
 * Interprets the columns of a table.
 * @param names the classes, if they are fixed
 * @throws DataError naming file and line of the header if a column is missing or duplicate
 */
export function labelColumns(table: CsvTable, names: readonly string[] | undefined): LabelColumns {
  const { heads, place } = table
  const [first = ''] = heads
  if (!imageHeads.includes(first.toLowerCase()))
    throw new DataError(
      `dataset: ${place}: expected ${imageHeads.join(', ')} as first column, got "${first}"`,
    )
  const twice = heads.find((head, i) => heads.indexOf(head) !== i)
  if (twice !== undefined) throw new DataError(`dataset: ${place}: column ${twice} is there twice`)
  const splitAt = heads.indexOf('split')
  const others = heads.flatMap((head, at) => (at === 0 || at === splitAt ? [] : [{ head, at }]))
  if (others.length === 0)
    throw new DataError(`dataset: ${place}: labels are missing. Add a column labels, or one per class.`)
  const listed = others.find(({ head }) => head === 'labels')
  if (listed && others.length > 1) {
    const more = others.filter((each) => each !== listed).map(({ head }) => head)
    throw new DataError(
      `dataset: ${place}: beside labels there are columns ${more.join(', ')}. Remove one kind.`,
    )
  }
  const read = listed ? readListed(table, listed.at, names) : readMarked(table, others, names)
  const partOf = (row: CsvRow): string | undefined => (splitAt < 0 ? undefined : readPart(row, splitAt))
  return { ...read, split: splitAt >= 0, partOf }
}

function readPart({ cells, place }: CsvRow, at: number): string {
  const part = cells[at] ?? ''
  if (partNames.includes(part)) return part
  throw new DataError(`dataset: ${place}: split must be ${partNames.join(', ')}, got "${part}"`)
}

type ReadLabels = Pick<LabelColumns, 'classes' | 'labelsOf'>

/** Reads labels from one column of names. */
function readListed({ rows, place }: CsvTable, at: number, names: readonly string[] | undefined): ReadLabels {
  const namesOf = ({ cells }: CsvRow): string[] =>
    (cells[at] ?? '').split(/[;|]/).flatMap((n) => n.trim() || [])
  const classes = names ?? [...new Set(rows.flatMap(namesOf))].sort()
  checkLetterCase(classes, place)
  return {
    classes,
    labelsOf: (row) => {
      const labels = namesOf(row).map((name) => placeOf(name, classes, row.place))
      return someLabels(labels, row)
    },
  }
}

/** Reads labels from one column of 0 and 1 per class. */
function readMarked(
  { place }: CsvTable,
  columns: readonly { readonly head: string; readonly at: number }[],
  names: readonly string[] | undefined,
): ReadLabels {
  const classes = names ?? columns.map(({ head }) => head)
  checkLetterCase(classes, place)
  const marked = columns.map(({ head, at }) => ({ head, at, label: placeOf(head, classes, place) }))
  return {
    classes,
    labelsOf: (row) => {
      const labels = marked.flatMap(({ head, at, label }) => {
        const cell = row.cells[at] ?? ''
        if (cell === '1') return [label]
        if (cell === '0') return []
        throw new DataError(
          `dataset: ${row.place}: column ${head} must be 0 or 1, got "${cell}". Call a column of names labels.`,
        )
      })
      return someLabels(labels, row)
    },
  }
}

function placeOf(name: string, classes: readonly string[], place: string): number {
  const label = classes.indexOf(name)
  if (label >= 0) return label
  throw new DataError(`dataset: ${place}: there is no class ${name}. Expected one of ${classes.join(', ')}.`)
}

function someLabels(labels: readonly number[], { place, cells }: CsvRow): Labels {
  if (labels.length === 0)
    throw new DataError(
      `dataset: ${place}: image ${cells[0] ?? ''} has no label. Give it one, or remove the line.`,
    )
  return [...new Set(labels)].sort((a, b) => a - b)
}
