import { escapeText } from './escape.ts'
import { formatCount, formatDuration, formatMemory, formatPercent, formatRate } from './quantity.ts'
import type { SampleWord } from './sample-word.ts'

/** One method of a comparison, in plain units. */
export interface MethodRow {
  readonly method: string
  /** Fraction from 0 to 1. */
  readonly accuracy: number
  /** Half width of the accuracy's spread over seeds, same unit. */
  readonly accuracySpread?: number
  /** 95 % interval of the accuracy's mean; null where there is none. */
  readonly accuracyInterval?: readonly [number, number] | null
  readonly trainableParams: number
  /** Multiply-accumulates per image or clip. */
  readonly flops: number
  /** NaN where it was not measured. */
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

/** Columns that are left out where no method has a value. */
const optionalColumns: readonly (readonly [string, (row: MethodRow) => string | undefined])[] = [
  ['95 % interval', ({ accuracyInterval: ends }) => ends?.map((end) => (100 * end).toFixed(1)).join(' to ')],
  ['active tokens', ({ activeRate: rate }) => (rate === undefined ? rate : formatPercent(rate))],
  ['seeds', ({ seeds }) => seeds?.toString()],
  ['training', ({ seconds }) => (seconds === undefined ? seconds : formatDuration(seconds))],
  ['peak memory', ({ peakMemoryMB: size }) => (size === undefined ? size : formatMemory(size))],
]

/** Comparison of methods, best value of each column in bold (ties included). */
export function methodTable(methods: readonly MethodRow[], sample: SampleWord): string {
  const withSpread = methods.some((row) => row.accuracySpread !== undefined)
  const more = optionalColumns.filter(([, text]) => methods.some((row) => text(row) !== undefined))
  const accuracy = Math.max(...methods.map((row) => row.accuracy))
  const flops = Math.min(...methods.map((row) => row.flops))
  const speed = Math.max(...methods.map((row) => row.imagesPerSecond).filter(Number.isFinite))
  const rows = methods.map((row) => {
    const spread = withSpread ? spreadOf(row.accuracySpread) : ''
    const cells = [
      cell(formatPercent(row.accuracy) + spread, row.accuracy === accuracy),
      cell(formatCount(row.trainableParams)),
      cell(formatCount(row.flops), row.flops === flops),
      cell(formatRate(row.imagesPerSecond), row.imagesPerSecond === speed),
      ...more.map(([, text]) => cell(text(row) ?? '–')),
    ]
    return `<tr><th scope="row">${escapeText(row.method)}</th>${cells.join('')}</tr>`
  })
  const names = ['method', 'accuracy', 'trainable parameters', `FLOPs per ${sample}`, `${sample}s/s`]
  const head = [...names, ...more.map(([name]) => name)].map((name) => `<th scope="col">${name}</th>`)
  return `<div class="card scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table></div>`
}

function cell(html: string, best = false): string {
  return best ? `<td class="best">${html}</td>` : `<td>${html}</td>`
}

// Rows without a spread keep its room, so that the accuracies stand under one another.
function spreadOf(spread?: number): string {
  return ` <span class="spread">${spread === undefined ? '' : `± ${(spread * 100).toFixed(1)}`}</span>`
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
    if (nested && Object.keys(value).length > 0) return flatten(value as Record<string, unknown>, `${name}.`)
    return [[name, typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))]]
  })
}
