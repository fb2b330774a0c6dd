import { failureText, vtabByGroup, vtabHeads, vtabLines } from 'dynamic-tuning/report'
import type { VtabOutcome, VtabRow } from 'dynamic-tuning/study'
import type { Paint } from './terminal/output.ts'
import { renderTable } from './terminal/table.ts'

/**
 * A run of VTAB-1K as text: the tasks of a method, or several methods by group, beside the paper's; what is
 * missing or failed, and where the page is.
 */
export function vtabText(outcome: VtabOutcome, paint: Paint): string {
  const { rows, failures, missing, differing, report } = outcome
  const [first, ...others] = rows
  const table =
    first && others.length === 0 ? [taskTable(first, outcome, paint)] : [jointTable(outcome, paint)]
  const printed = rows.flatMap(({ paper }) => (paper ? [`Table ${paper.table}, ${paper.method}`] : []))
  const source =
    printed.length > 0
      ? [paint.dim(`paper: ${printed.join('; ')}; in percent, means over the same tasks`)]
      : []
  const lost = missing.length > 0 ? [paint.dim(`not in the folder: ${missing.join(', ')}`)] : []
  const foreign =
    differing.length > 0
      ? [
          paint.dim(
            `not the images of VTAB-1K: ${differing.map(({ task }) => task).join(', ')}, see the notes`,
          ),
        ]
      : []
  const failed = failures.map((each) => `  ${failureText(each)}`)
  const trouble = failed.length > 0 ? ['', paint.bold(`${failed.length} failed`), ...failed] : []
  const all = [...(rows.length > 0 ? table : []), ...source, ...lost, ...foreign, ...trouble]
  return `\n${[...all, '', `${paint.bold('See it')}   ${report}`].join('\n')}\n`
}

function taskTable(row: VtabRow, { search }: VtabOutcome, paint: Paint): string {
  // Without a search the scale is the same everywhere.
  const shown = vtabHeads
    .map((name, i) => ({ name, i }))
    .filter(({ name }) => name !== 'scale' || search.length > 0)
  const heads = shown.map(({ name, i }) => ({ name, align: i < 2 ? ('left' as const) : ('right' as const) }))
  const lines = vtabLines(row).map(({ cells }) => shown.map(({ i }) => cells[i]))
  return renderTable(heads, lines, { paint })
}

function jointTable(outcome: VtabOutcome, paint: Paint): string {
  const { heads, lines } = vtabByGroup(outcome)
  const columns = heads.map((name, i) => ({ name, align: i === 0 ? ('left' as const) : ('right' as const) }))
  return renderTable(columns, lines, { paint })
}
