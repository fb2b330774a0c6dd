import { type CostByRate, type CountedRow, type CountedTable, paperTable } from 'dynamic-tuning/cost'
import type { Paint } from './terminal/output.ts'
import { renderTable } from './terminal/table.ts'
import { wrapped } from './terminal/wrap.ts'

/** A table of the paper beside our counts, as text: the rows, how to read them, and what does not agree. */
export function paperTableText(counted: CountedTable, paint: Paint): string {
  const { rows, notes } = counted
  const byRate = rows.some(({ rate }) => rate !== undefined)
  const missing = rows.filter((row) => row.missing !== undefined)
  return [
    `${paint.bold(`Table ${counted.table}`)} of arXiv:2403.11808: ${counted.caption}\n`,
    tableOf(counted, byRate, paint),
    ...(byRate ? [wrapped(howToRead)] : []),
    ...(missing.length > 0 ? [`${paint.bold('Not counted')}\n${list(missingLines(missing))}`] : []),
    `${paint.bold('What does not agree, and how it is counted')}\n${list([...differences(rows), ...notes])}`,
  ].join('\n')
}

const howToRead =
  'ours: at the rate r that the paper aimed at. The printed FLOPs of rows with a rate are averages over test sets, of the rates that were learned; "r of print" is the rate, the same in all layers, at which our count is the printed one.\n'

function tableOf({ table, rows }: CountedTable, byRate: boolean, paint: Paint): string {
  const digits = paperTable(table).rows.map(({ params }) => params.split('.')[1]?.length ?? 0)
  const right = (name: string) => ({ name, align: 'right' as const })
  const columns = ['method', right('params M'), right('ours'), right('FLOPs G'), right('ours')]
  const more = byRate ? [right('r'), right('r of print'), 'FLOPs G by rate'] : []
  const cells = rows.map((row, i) => [
    row.method,
    row.paramsM.paper.toFixed(digits[i]),
    row.paramsM.text,
    row.flopsG.paper.toFixed(2),
    row.flopsG.text,
    row.rate,
    row.rateOfPrint?.toFixed(3),
    row.flopsGByRate && formula(row.flopsGByRate),
  ])
  return renderTable([...columns, ...more], cells, { paint })
}

function formula({ constant, linear, quadratic }: CostByRate): string {
  const square = Math.abs(quadratic) < 5e-7 ? '' : ` + ${quadratic.toFixed(3)} r²`
  return `${constant.toFixed(3)} + ${linear.toFixed(3)} r${square}`
}

/** Rows that lack the same thing, in one line. */
function missingLines(rows: readonly CountedRow[]): string[] {
  const reasons = [...new Set(rows.flatMap(({ missing }) => missing ?? []))]
  return reasons.map((reason) => {
    const methods = rows.filter(({ missing }) => missing === reason).map(({ method }) => method)
    return `${methods.join(', ')}: ${reason}.`
  })
}

/** Figures that no learned rate explains. */
function differences(rows: readonly CountedRow[]): string[] {
  return rows.flatMap(({ method, paramsM, flopsG, rate, rateOfPrint }) => [
    ...(paramsM.agrees === false
      ? [
          `${method}: ${paramsM.paper.toFixed(2)} M parameters in print, ${paramsM.ours?.toFixed(3)} M counted.`,
        ]
      : []),
    ...(flopsG.agrees === false && rate === undefined
      ? [`${method}: ${flopsG.paper.toFixed(2)} G in print, ${flopsG.ours?.toFixed(3)} G counted.`]
      : []),
    ...(rate !== undefined && flopsG.ours !== undefined && rateOfPrint === undefined
      ? [`${method}: no rate gives the printed ${flopsG.paper.toFixed(2)} G.`]
      : []),
  ])
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `${wrapped(`- ${line}`, '  ')}\n`).join('')
}
