import type { SampleWord } from '../data/samples/word.ts'
import type { Measure } from '../evaluation/measure.ts'
import type { Interval } from '../evaluation/statistics.ts'
import { escapeText } from './escape.ts'
import {
  formatBare,
  formatCount,
  formatDuration,
  formatMeasure,
  formatMemory,
  formatPercent,
  formatRate,
} from './quantity.ts'

/** One method of a comparison, in plain units. */
export interface MethodRow {
  readonly method: string
  /** Value of the measure, the mean over seeds. */
  readonly score: number
  /** Half width of its spread over seeds; absent for fewer than three. */
  readonly spread?: number
  /** 95 % interval; null or absent where none is told. */
  readonly interval?: Interval | null
  readonly trainableParams: number
  /** Multiply-accumulates per image or clip. */
  readonly flops: number
  /** NaN if it was not measured. */
  readonly imagesPerSecond: number
  /** Mean share of tokens the MLPs worked on, 0 to 1. */
  readonly activeRate?: number
  /** How many seeds the figures are over. */
  readonly seeds?: number
  /** Training time. */
  readonly seconds?: number
  /** Largest resident memory of training, in MB of 2^20 bytes. */
  readonly peakMemoryMB?: number
}

/** Methods side by side. */
export interface MethodRows {
  readonly rows: readonly MethodRow[]
  /** Measure of the rows' scores. */
  readonly measure: Measure
  /** Kind of input of the models. */
  readonly sample: SampleWord
}

/** Columns that are dropped if no method has a value. */
const optionalColumns: readonly (readonly [
  string,
  (row: MethodRow, measure: Measure) => string | undefined,
])[] = [
  ['95 % interval', ({ interval }, measure) => interval?.map((end) => formatBare(measure, end)).join(' to ')],
  ['active tokens', ({ activeRate: rate }) => (rate === undefined ? rate : formatPercent(rate))],
  ['seeds', ({ seeds }) => seeds?.toString()],
  ['training', ({ seconds }) => (seconds === undefined ? seconds : formatDuration(seconds))],
  ['peak memory', ({ peakMemoryMB: size }) => (size === undefined ? size : formatMemory(size))],
]

/** Comparison of methods, best value of each column in bold (ties included). */
export function methodTable({ rows: methods, measure, sample }: MethodRows): string {
  const withSpread = methods.some((row) => row.spread !== undefined)
  const more = optionalColumns.filter(([, text]) => methods.some((row) => text(row, measure) !== undefined))
  const best = bestOf(
    measure,
    methods.map(({ score }) => score),
  )
  const flops = Math.min(...methods.map((row) => row.flops))
  const speed = Math.max(...methods.map((row) => row.imagesPerSecond).filter(Number.isFinite))
  const rows = methods.map((row) => {
    const spread = withSpread ? spreadOf(measure, row.spread) : ''
    const cells = [
      cell(formatMeasure(measure, row.score) + spread, row.score === best),
      cell(formatCount(row.trainableParams)),
      cell(formatCount(row.flops), row.flops === flops),
      cell(formatRate(row.imagesPerSecond), row.imagesPerSecond === speed),
      ...more.map(([, text]) => cell(text(row, measure) ?? '–')),
    ]
    return `<tr><th scope="row">${escapeText(row.method)}</th>${cells.join('')}</tr>`
  })
  const names = ['method', measure.title, 'trainable parameters', `FLOPs per ${sample}`, `${sample}s/s`]
  const head = [...names, ...more.map(([name]) => name)].map((name) => `<th scope="col">${name}</th>`)
  return `<div class="card scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table></div>`
}

function cell(html: string, best = false): string {
  return best ? `<td class="best">${html}</td>` : `<td>${html}</td>`
}

function bestOf({ better }: Measure, scores: readonly number[]): number {
  return better === 'higher' ? Math.max(...scores) : Math.min(...scores)
}

// Rows without a spread keep its place, so that scores align.
function spreadOf(measure: Measure, spread?: number): string {
  return ` <span class="spread">${spread === undefined ? '' : `± ${formatBare(measure, spread)}`}</span>`
}

/** The unit in which the FLOPs of some rows are best drawn: MFLOPs where all are below 10^9. */
export function flopsUnit(rows: readonly { readonly flops: number }[]): { name: string; factor: number } {
  const largest = Math.max(...rows.map(({ flops }) => flops))
  return largest < 1e9 ? { name: 'MFLOPs', factor: 1e6 } : { name: 'GFLOPs', factor: 1e9 }
}

/** Settings as a two-column table; nested objects become dotted names, lists stay on one line. */
export function settingsTable(settings: Readonly<Record<string, unknown>>): string {
  const rows = flatten(settings).map(
    ([name, value]) => `<tr><th scope="row">${escapeText(name)}</th><td>${escapeText(value)}</td></tr>`,
  )
  return `<div class="card scroll"><table class="settings"><tbody>\n${rows.join('\n')}\n</tbody></table></div>`
}

function flatten(settings: Readonly<Record<string, unknown>>, prefix = ''): [string, string][] {
  return Object.entries(settings).flatMap(([key, value]): [string, string][] => {
    const name = prefix + key
    if (value === undefined) return []
    const nested = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (nested && Object.keys(value).length > 0) return flatten({ ...value }, `${name}.`)
    return [[name, typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))]]
  })
}
