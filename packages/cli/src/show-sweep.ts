import type { SweepOutcome } from 'dynamic-tuning'
import { failureText, smallTestNotes, sweepColumns } from 'dynamic-tuning/report'
import type { Paint } from './terminal/output.ts'
import { renderTable } from './terminal/table.ts'

/** Largest number of rows on a terminal; the files have all. */
const mostRows = 40

/** A sweep as text: the table, best first, failures, and the path of the page. */
export function sweepText(outcome: SweepOutcome, paint: Paint): string {
  const { cases, failures, report, axes } = outcome
  const columns = sweepColumns(outcome)
  const heads = columns.map(({ short }, i) => ({
    name: short,
    ...(i >= axes.length && { align: 'right' as const }),
  }))
  const shown = cases.slice(0, mostRows).map((row) => columns.map((column) => column.cell(row)))
  const table = shown.length > 0 ? [renderTable(heads, shown, { paint, keys: axes.length })] : []
  const more = cases.length - shown.length
  const rest = more > 0 ? [paint.dim(`and ${more} more, see the page`), ''] : []
  const small = smallTestNotes(cases).flatMap((note) => [note, ''])
  const failed = failures.map((each) => `  ${failureText(each)}`)
  const trouble = failed.length > 0 ? [paint.bold(`${failed.length} failed`), ...failed, ''] : []
  return `\n${[...table, ...rest, ...small, ...trouble, `${paint.bold('See it')}   ${report}`].join('\n')}\n`
}
