import { escapeText } from './escape.ts'

/** An additional part of a report: a heading with plots and a table. */
export interface ReportSection {
  readonly heading: string
  /** One or two sentences below the heading. */
  readonly about?: string
  /** SVG made with `styles: 'page'`. */
  readonly plots?: readonly string[]
  readonly table?: SectionTable
}

/** A table of formatted texts; the first column names the rows. */
export interface SectionTable {
  readonly columns: readonly string[]
  readonly rows: readonly { readonly cells: readonly string[]; readonly bold?: boolean }[]
}

/** HTML of a section. */
export function renderSection({ heading, about, plots = [], table }: ReportSection): string[] {
  return [
    `<h2>${escapeText(heading)}</h2>`,
    ...(about ? [`<p class="about">${escapeText(about)}</p>`] : []),
    ...(plots.length > 0 ? [plotGrid(plots)] : []),
    ...(table ? [tableHtml(table)] : []),
  ]
}

/** Plots beside one another, each on a card. */
export function plotGrid(plots: readonly string[]): string {
  return `<div class="plots">${plots.map((plot) => `<div class="card">${plot}</div>`).join('\n')}</div>`
}

function tableHtml({ columns, rows }: SectionTable): string {
  const head = columns.map((name) => `<th scope="col">${escapeText(name)}</th>`).join('')
  const body = rows.map(({ cells: [name = '', ...values], bold }) => {
    const kind = bold ? ' class="best"' : ''
    const cells = values.map((value) => `<td${kind}>${escapeText(value)}</td>`).join('')
    return `<tr><th scope="row">${escapeText(name)}</th>${cells}</tr>`
  })
  return `<div class="card scroll"><table><thead><tr>${head}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table></div>`
}
