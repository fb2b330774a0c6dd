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
  /** How many of the first columns say what a row is: every part of a folded table has them (default 1). */
  readonly keys?: number
}

const between = '  '
const numberLike =
  /^[-−+]?(\d|\.\d)[\d.,\s]*(e[-−+]?\d+)?\s*([kMGT%×]|[µm]?s|min|h|d|[MG]B|images\/s)?(\s*±\s*[\d.]+)?(\s*%)?$/u

/**
 * A text table with a heading and a rule, ending in a line break. Numbers are written unchanged, missing
 * values as "–". Control characters are replaced, so no cell can disturb the terminal. Columns that a
 * terminal has no room for follow in a further table below, which begins with the first column again.
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
  const part = (shown: readonly number[]): string => {
    const line = (row: readonly string[]): string =>
      shown
        .map((i) => pad(row[i] ?? '', widths[i] ?? 0, right[i] === true))
        .join(between)
        .trimEnd()
    const rule = shown.map((i) => '─'.repeat(widths[i] ?? 0)).join(between)
    // Cells are padded before they are styled, because escape codes have no width.
    return [paint.bold(line(names)), paint.dim(rule), ...cells.map(line), ''].join('\n')
  }
  return partsThatFit(widths, options.keys ?? 1, paint.columns)
    .map(part)
    .join('\n')
}

/** Columns of each table below one another: as many as fit, the keys always among them. */
function partsThatFit(
  widths: readonly number[],
  keys: number,
  room = Number.POSITIVE_INFINITY,
): readonly (readonly number[])[] {
  const width = (part: readonly number[]): number =>
    part.reduce((sum, i) => sum + (widths[i] ?? 0) + between.length, -between.length)
  const own = widths.map((_, i) => i)
  const parts = [own.slice(0, keys)]
  for (const i of own.slice(keys)) {
    const last = parts.at(-1) ?? []
    if (last.length > keys && width([...last, i]) > room) parts.push([...own.slice(0, keys), i])
    else last.push(i)
  }
  return parts
}

function allNumbers(cells: readonly (readonly string[])[], column: number): boolean {
  const written = cells.map((row) => row[column] ?? '').filter((cell) => cell !== '–')
  return written.length > 0 && written.every((cell) => numberLike.test(cell))
}

function pad(text: string, width: number, right: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(text)))
  return right ? blanks + text : text + blanks
}
