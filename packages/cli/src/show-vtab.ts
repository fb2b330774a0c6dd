import { failureText, vtabHeads, vtabLines } from 'dynamic-tuning/report'
import type { VtabOutcome } from 'dynamic-tuning/study'
import type { Paint } from './terminal/output.ts'
import { renderTable } from './terminal/table.ts'

/**
 * A run of VTAB-1K as text: tasks, means beside the paper's, what is missing or failed, and where
 * the page is.
 */
export function vtabText(outcome: VtabOutcome, paint: Paint): string {
  const { failures, missing, paper, report, search } = outcome
  // Without a search the scale is the same everywhere.
  const shown = vtabHeads
    .map((name, i) => ({ name, i }))
    .filter(({ name }) => name !== 'scale' || search.length > 0)
  const heads = shown.map(({ name, i }) => ({ name, align: i < 2 ? ('left' as const) : ('right' as const) }))
  const rows = vtabLines(outcome).map(({ cells }) => shown.map(({ i }) => cells[i]))
  const table = rows.length > 0 ? [renderTable(heads, rows, { paint })] : []
  const source = paper
    ? [paint.dim(`paper: Table 3, ${paper.method}, ViT-B/16, in percent; means over the same tasks`)]
    : []
  const lost = missing.length > 0 ? [paint.dim(`not in the folder: ${missing.join(', ')}`)] : []
  const failed = failures.map((each) => `  ${failureText(each)}`)
  const trouble = failed.length > 0 ? ['', paint.bold(`${failed.length} failed`), ...failed] : []
  return `\n${[...table, ...source, ...lost, ...trouble, '', `${paint.bold('See it')}   ${report}`].join('\n')}\n`
}
