import { headingOf, shownValue } from '../evaluation/measure.ts'
import { barChart } from './bar-chart.ts'
import { escapeText } from './escape.ts'
import { type LineChart, lineChart } from './line-chart.ts'
import { measureAxis } from './measure-axis.ts'
import { pageStyle } from './page-style.ts'
import { flopsUnit, type MethodRow, type MethodRows, methodTable, settingsTable } from './page-tables.ts'
import { scatterChart } from './scatter-chart.ts'
import { plotGrid, type ReportSection, renderSection } from './section.ts'

/** Everything a report shows; sections without data are left out. */
export interface ReportInput {
  readonly title: string
  readonly subtitle?: string
  /** The run's most important numbers, already formatted. */
  readonly headline: readonly { readonly label: string; readonly value: string; readonly note?: string }[]
  readonly methods?: MethodRows
  /** Charts of the run, such as those of `curvesOfMetrics`; `styles` is set by the page. */
  readonly curves: readonly LineChart[]
  /** Mean share of active tokens of each layer, 0 to 1. */
  readonly activeRatePerLayer?: readonly { readonly layer: number; readonly rate: number }[]
  /** Target activation rate of the dispatchers, 0 to 1. */
  readonly targetRate?: number
  /** PNG bytes with a plain-text caption. */
  readonly pictures?: readonly { readonly png: Uint8Array; readonly caption: string }[]
  /** Further parts, after curves and pictures. */
  readonly sections?: readonly ReportSection[]
  readonly settings?: Readonly<Record<string, unknown>>
  readonly notes?: readonly string[]
}

/** The whole `report.html`: styles, plots and pictures are inside, nothing is fetched and no script runs. */
export function renderReport(input: ReportInput): string {
  const title = escapeText(input.title)
  return [
    '<!doctype html>',
    '<html lang="en">',
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">`,
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">`,
    `<title>${title}</title>`,
    `<style>${pageStyle}</style></head>`,
    '<body><main>',
    `<header><h1>${title}</h1>${input.subtitle ? `<p class="subtitle">${escapeText(input.subtitle)}</p>` : ''}</header>`,
    headline(input),
    ...comparison(input.methods),
    ...curves(input),
    ...pictures(input.pictures ?? []),
    ...(input.sections ?? []).flatMap(renderSection),
    ...settings(input.settings ?? {}),
    ...notes(input.notes ?? []),
    '</main></body></html>',
    '',
  ].join('\n')
}

function headline(input: ReportInput): string {
  if (input.headline.length === 0) return ''
  const tiles = input.headline.map(({ label, value, note }) => {
    const small = note ? `<dd class="note">${escapeText(note)}</dd>` : ''
    return `<div><dt>${escapeText(label)}</dt><dd class="value">${escapeText(value)}</dd>${small}</div>`
  })
  return `<dl class="headline">${tiles.join('')}</dl>`
}

function comparison(methods: MethodRows | undefined): string[] {
  if (methods === undefined || methods.rows.length === 0) return []
  const { rows, sample, measure } = methods
  const plot = (xLabel: string, title: string, x: (row: MethodRow) => number): string =>
    scatterChart({
      title,
      xLabel,
      ...measureAxis(measure),
      styles: 'page',
      points: rows.map((row) => {
        const point = { name: row.method, x: x(row), y: shownValue(measure, row.score) }
        return row.spread === undefined ? point : { ...point, spread: shownValue(measure, row.spread) }
      }),
    })
  const table = [heading('Methods'), methodTable(methods)]
  if (rows.length < 2) return table
  const { name: unit, factor } = flopsUnit(rows)
  const against = `${headingOf(measure)} against`
  const plots = [
    plot(`${unit} per ${sample}`, `${against} compute`, (row) => row.flops / factor),
    plot(`${sample}s per second`, `${against} measured speed`, (row) => row.imagesPerSecond),
  ]
  return [...table, plotGrid(plots)]
}

function curves(input: ReportInput): string[] {
  const plots = input.curves.map((curve) => lineChart({ ...curve, styles: 'page' }))
  const rates = input.activeRatePerLayer ?? []
  if (rates.length > 0) plots.push(rateChart(rates, input.targetRate))
  return plots.length === 0 ? [] : [heading('Training'), plotGrid(plots)]
}

function rateChart(rates: NonNullable<ReportInput['activeRatePerLayer']>, target?: number): string {
  const percent = (rate: number): string => String(Math.round(rate * 100))
  return barChart({
    title: 'Active tokens per layer',
    xLabel: 'layer',
    yLabel: 'active (%)',
    styles: 'page',
    bars: rates.map(({ layer, rate }) => ({ name: String(layer), value: rate })),
    ...(target === undefined ? {} : { reference: { name: `target ${percent(target)} %`, value: target } }),
    yMax: 1,
    format: percent,
  })
}

function pictures(all: NonNullable<ReportInput['pictures']>): string[] {
  if (all.length === 0) return []
  const figures = all.map(({ png, caption }) => {
    const data = Buffer.from(png).toString('base64')
    const text = escapeText(caption)
    return `<figure class="card"><img alt="${text}" src="data:image/png;base64,${data}"><figcaption>${text}</figcaption></figure>`
  })
  const about =
    'Clear tokens were active in that layer; grey ones skipped its computation. ' +
    'A coloured picture counts the layers each token was active in.'
  return [
    heading('Active tokens'),
    `<p class="about">${about}</p>`,
    `<div class="pictures">${figures.join('\n')}</div>`,
  ]
}

function settings(all: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(all).length === 0 ? [] : [heading('Settings'), settingsTable(all)]
}

function notes(all: readonly string[]): string[] {
  if (all.length === 0) return []
  return [
    heading('Notes'),
    `<ul class="notes">${all.map((note) => `<li>${escapeText(note)}</li>`).join('')}</ul>`,
  ]
}

function heading(text: string): string {
  return `<h2>${text}</h2>`
}
