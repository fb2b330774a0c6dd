import {
  type BenchColumn,
  type BenchGroup,
  type BenchReport,
  benchColumns,
  benchGroups,
  benchLegend,
  benchTitle,
  gemmText,
} from 'dynamic-tuning/bench'
import type { Paint } from './terminal/output.ts'
import { renderTable } from './terminal/table.ts'
import { wrapped } from './terminal/wrap.ts'

/** A benchmark as text, at most `width` columns wide if the names of the cases allow it. */
export function benchText(report: BenchReport, paint: Paint, width: number): string {
  const groups = benchGroups(report)
  const { columns, left } = fitting(benchColumns(report), groups, width)
  const sections = groups.map((group) => {
    const note = gemmText(group)
    const heading = paint.bold(group.name) + (note ? `\n${paint.dim(note)}` : '')
    return `${heading}\n${table(columns, group, width, paint)}`
  })
  const missing = left.length > 0 ? ` Left out for want of room: ${left.join(', ')}; --json has them.` : ''
  const title = wrapped(benchTitle(report), '', width)
  const legend = wrapped(benchLegend(report) + missing, '', width)
  return `${title}\n\n${sections.join('\n')}\n${paint.dim(legend)}\n`
}

/** Leaves out the most dispensable columns until every table fits. */
function fitting(
  all: readonly BenchColumn[],
  groups: readonly BenchGroup[],
  width: number,
): { columns: readonly BenchColumn[]; left: readonly string[] } {
  const columns = [...all]
  const left: string[] = []
  const tooWide = (): boolean =>
    groups.some((group) =>
      table(columns, group, width)
        .split('\n')
        .some((line) => line.length > width),
    )
  while (tooWide()) {
    const most = Math.max(...columns.map(({ dispensable }) => dispensable))
    if (most === 0) break
    const [removed] = columns.splice(
      columns.findLastIndex(({ dispensable }) => dispensable === most),
      1,
    )
    if (removed !== undefined) left.push(removed.name)
  }
  return { columns, left }
}

function table(
  columns: readonly BenchColumn[],
  { results }: BenchGroup,
  width: number,
  paint?: Paint,
): string {
  const rows = results.map((result) => columns.map(({ text }) => text(result)))
  const heads = columns.map(({ name }) => (name === 'case' ? name : { name, align: 'right' as const }))
  return renderTable(heads, rows, { maxCell: Math.max(20, Math.floor(width / 3)), ...(paint && { paint }) })
}
