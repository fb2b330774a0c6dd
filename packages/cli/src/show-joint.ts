import { failureText, jointTable } from 'dynamic-tuning/report'
import type { JointOutcome } from 'dynamic-tuning/study'
import type { Paint } from './terminal/output.ts'
import { renderTable } from './terminal/table.ts'

/** A comparison on several datasets as text: the table beside the paper's figures, failures, and the page. */
export function jointText(outcome: JointOutcome, paint: Paint): string {
  const { rows, failures, report } = outcome
  const { heads, lines } = jointTable(outcome)
  const columns = heads.map((name, i) => ({ name, align: i === 0 ? ('left' as const) : ('right' as const) }))
  const table = rows.length > 0 ? [renderTable(columns, lines, { paint })] : []
  const failed = failures.map((each) => `  ${failureText(each)}`)
  const trouble = failed.length > 0 ? [paint.bold(`${failed.length} failed`), ...failed, ''] : []
  return `\n${[...table, ...trouble, `${paint.bold('See it')}   ${report}`].join('\n')}\n`
}
