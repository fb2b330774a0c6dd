/** A column of a CSV file. */
export interface CsvColumn<R> {
  readonly name: string
  /** Numbers in full; objects become JSON, null and undefined nothing. */
  value(row: R): unknown
}

/**
 * CSV of some rows: one line each below the names, cells in quotes where they need them (RFC 4180). A text
 * that a spreadsheet would run as a formula gets an apostrophe before it.
 */
export function csvText<R>(columns: readonly CsvColumn<R>[], rows: readonly R[]): string {
  const lines = [
    columns.map(({ name }) => csvCell(name)),
    ...rows.map((row) => columns.map((column) => csvCell(column.value(row)))),
  ]
  return lines.map((cells) => `${cells.join(',')}\r\n`).join('')
}

function csvCell(value: unknown): string {
  const text =
    value === null || value === undefined
      ? ''
      : typeof value === 'object'
        ? JSON.stringify(value)
        : typeof value === 'string'
          ? harmless(value)
          : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/**
 * A text with an apostrophe before it if it begins with `=`, `+`, `-`, `@`, a tab or a line break:
 * spreadsheets take it for a formula, which may fetch and run things. Numbers stay as they are.
 */
function harmless(text: string): string {
  const isNumber = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text)
  return /^[=+\-@\t\r\n]/.test(text) && !isNumber ? `'${text}` : text
}

/** The lines of a Markdown table, the first column to the left and the others to the right. */
export function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(markdownCell).join(' | ')} |`
  return [line(heads), line(heads.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)]
}

function markdownCell(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replace(/\s+/g, ' ')
}
