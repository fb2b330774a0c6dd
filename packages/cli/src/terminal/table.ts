import { type Paint, plain } from './output.ts'
import { cutToWidth, displayWidth, printable } from './width.ts'

/** A column: its heading and alignment. */
export interface Column {
  readonly name: string
  /** Default right if every cell is a number with or without a unit, else left. */
  readonly align?: 'left' | 'right'
}

/** Options of a table. */
export interface TableOptions {
  /** Colours (see `paintFor`); none by default. */
  readonly paint?: Paint
  /** Cells wider than this many columns are cut with "…" (default 60). */
  readonly maxCell?: number
}

const between = '  '
const numberLike =
  /^[-−+]?(\d|\.\d)[\d.,\s]*(e[-−+]?\d+)?\s*([kMGT%×]|[µm]?s|min|h|d|[MG]B|images\/s)?(\s*±\s*[\d.]+)?(\s*%)?$/u

/**
 * A text table with a heading and a rule, ending in a line break. Numbers are written unchanged, missing
 * values as "–". Control characters are replaced, so no cell can disturb the terminal.
 */
export function renderTable(
  columns: readonly (Column | string)[],
  rows: readonly (readonly (string | number | undefined)[])[],
  options: TableOptions = {},
): string {
  const paint = options.paint ?? plain
  const heads = columns.map((column) => (typeof column === 'string' ? { name: column } : column))
  const write = (value: string | number | undefined): string =>
    value === undefined || value === '' ? '–' : cutToWidth(printable(String(value)), options.maxCell ?? 60)
  const cells = rows.map((row) => heads.map((_, i) => write(row[i])))
  const names = heads.map((head) => write(head.name))
  const widths = names.map((name, i) =>
    Math.max(displayWidth(name), ...cells.map((row) => displayWidth(row[i] ?? ''))),
  )
  const right = heads.map((head, i) => (head.align ? head.align === 'right' : allNumbers(cells, i)))
  const line = (row: readonly string[], style: (text: string) => string): string =>
    // Pad cells before styling them, because escape codes have no width. Trailing blanks are removed.
    style(
      row
        .map((cell, i) => pad(cell, widths[i] ?? 0, right[i] === true))
        .join(between)
        .trimEnd(),
    )
  const rule = paint.dim(widths.map((width) => '─'.repeat(width)).join(between))
  return [line(names, paint.bold), rule, ...cells.map((row) => line(row, (text) => text)), ''].join('\n')
}

function allNumbers(cells: readonly (readonly string[])[], column: number): boolean {
  const written = cells.map((row) => row[column] ?? '').filter((cell) => cell !== '–')
  return written.length > 0 && written.every((cell) => numberLike.test(cell))
}

function pad(text: string, width: number, right: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(text)))
  return right ? blanks + text : text + blanks
}
