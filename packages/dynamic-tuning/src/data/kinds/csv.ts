import { CsvError, parse } from 'csv-parse/sync'
import { z } from 'zod'
import { DataError } from '../../errors.ts'
import { readText } from '../../io/regular-file.ts'

/** A row of a CSV file: its cells, and `FILE:LINE` for error messages. */
export interface CsvRow {
  readonly cells: readonly string[]
  readonly place: string
}

/** A CSV file with a header row; all rows have the same number of cells. */
export interface CsvTable {
  readonly heads: readonly string[]
  readonly rows: readonly CsvRow[]
  /** `FILE:LINE` of the header. */
  readonly place: string
}

const parsed = z.array(z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) }))

/**
 * Reads a CSV file; blanks around cells and empty lines are ignored.
 * @throws DataError naming file and line if it is empty or not CSV, or a row has too many or too few cells
 */
export function readCsv(path: string): CsvTable {
  const [head, ...rest] = parseCsv(path).map(({ record, info }) => ({
    cells: record,
    place: `${path}:${info.lines}`,
  }))
  if (!head || rest.length === 0) throw new DataError(`dataset: ${path} names no images`)
  for (const { cells, place } of rest) {
    if (cells.length !== head.cells.length)
      throw new DataError(
        `dataset: ${place}: expected ${head.cells.length} cells as in the first line, got ${cells.length}`,
      )
  }
  return { heads: head.cells, rows: rest, place: head.place }
}

function parseCsv(path: string): z.infer<typeof parsed> {
  const options = { bom: true, trim: true, skip_empty_lines: true, relax_column_count: true, info: true }
  try {
    return parsed.parse(parse(readText(path, 'dataset', DataError), options))
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new DataError(`dataset: ${path}:${error.lines}: this is not CSV: ${error.message}`)
  }
}
