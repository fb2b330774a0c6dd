import type { CompareOutcome } from 'dynamic-tuning'
import { compareColumns, failureText, sampleWordOf, smallTestNotes } from 'dynamic-tuning/report'
import type { Paint } from './terminal/output.ts'
import { renderTable } from './terminal/table.ts'

/** A comparison as text: the table, failures, and the path of the page. */
export function comparisonText({ cases, failures, speed, report }: CompareOutcome, paint: Paint): string {
  const columns = compareColumns(cases)
  const heads = columns.map(({ short }, i) => ({ name: short, align: i === 0 ? 'left' : 'right' }) as const)
  const rows = cases.map((row) => columns.map((column) => column.cell(row)))
  const table = cases.length > 0 ? [renderTable(heads, rows, { paint })] : []
  const sample = sampleWordOf(cases)
  const timed = `${sample}s/s: skipping inference, all cases in turn in one process, ${speed.batch} ${sample}s a pass`
  const small = smallTestNotes(cases)
  const conditions = cases.length > 0 ? [paint.dim(timed), ...small, ''] : []
  const failed = failures.map((each) => `  ${failureText(each)}`)
  const trouble = failed.length > 0 ? [paint.bold(`${failed.length} failed`), ...failed, ''] : []
  return `\n${[...table, ...conditions, ...trouble, `${paint.bold('See it')}   ${report}`].join('\n')}\n`
}
