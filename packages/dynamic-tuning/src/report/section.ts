import { escapeText } from './escape.ts'

/** An additional part of a report: a heading with plots and a table. */
export interface ReportSection {
  readonly heading: string
  /** One or two sentences below the heading. */
  readonly about?: string
  /** SVG made with `styles: 'page'`. */
  readonly plots?: readonly string[]
  /** PNG bytes with plain-text captions. */
  readonly pictures?: readonly { readonly png: Uint8Array; readonly caption: string }[]
  readonly table?: SectionTable
}

/** A table of formatted texts; the first column names the rows. */
export interface SectionTable {
  readonly columns: readonly string[]
  readonly rows: readonly {
    readonly cells: readonly string[]
    readonly bold?: boolean
    /** Colour of a small square before the row's name, in CSS. */
    readonly colour?: string
  }[]
}

/** HTML of a section. */
export function renderSection({ heading, about, plots = [], pictures = [], table }: ReportSection): string[] {
  return [
    `<h2>${escapeText(heading)}</h2>`,
    ...(about ? [`<p class="about">${escapeText(about)}</p>`] : []),
    ...(plots.length > 0 ? [plotGrid(plots)] : []),
    ...(pictures.length > 0 ? [pictureGrid(pictures)] : []),
    ...(table ? [tableHtml(table)] : []),
  ]
}

/** Plots beside one another, each on a card. */
export function plotGrid(plots: readonly string[]): string {
  return `<div class="plots">${plots.map((plot) => `<div class="card">${plot}</div>`).join('\n')}</div>`
}

function pictureGrid(pictures: NonNullable<ReportSection['pictures']>): string {
  const figures = pictures.map(({ png, caption }) => {
    const words = escapeText(caption)
    const data = Buffer.from(png).toString('base64')
    return `<figure class="card"><img alt="${words}" src="data:image/png;base64,${data}"><figcaption>${words}</figcaption></figure>`
  })
  return `<div class="pictures tiles">${figures.join('\n')}</div>`
}

function tableHtml({ columns, rows }: SectionTable): string {
  const head = columns.map((name) => `<th scope="col">${escapeText(name)}</th>`).join('')
  const body = rows.map(({ cells: [name = '', ...values], bold, colour }) => {
    const kind = bold ? ' class="best"' : ''
    const cells = values.map((value) => `<td${kind}>${escapeText(value)}</td>`).join('')
    const square = colour ? `<span class="square" style="background:${escapeText(colour)}"></span>` : ''
    return `<tr><th scope="row">${square}${escapeText(name)}</th>${cells}</tr>`
  })
  return `<div class="card scroll"><table><thead><tr>${head}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table></div>`
}
