import {
  formatCount,
  formatDuration,
  formatMemory,
  formatPercent,
  formatRate,
} from '../../report/quantity.ts'
import { shortName } from '../short-name.ts'
import type { CompareOutcome } from './finish-comparison.ts'
import type { CompareRow } from './summarize-cases.ts'

/** A column of the table that people read. */
export interface CompareColumn {
  readonly name: string
  /** For a terminal, where room is scarce. */
  readonly short: string
  cell(row: CompareRow): string
}

/** The columns in their order. */
export const compareColumns: readonly CompareColumn[] = [
  { name: 'case', short: 'case', cell: (row) => row.case },
  { name: 'accuracy', short: 'accuracy', cell: accuracyText },
  { name: 'seeds', short: 'seeds', cell: (row) => String(row.seeds) },
  { name: 'trained parameters', short: 'trained', cell: (row) => formatCount(row.trainableParams) },
  { name: 'FLOPs per image', short: 'FLOPs', cell: (row) => formatCount(row.flops) },
  { name: 'active tokens', short: 'active', cell: (row) => formatPercent(row.activeRate) },
  { name: 'images/s', short: 'images/s', cell: (row) => formatRate(row.imagesPerSecond ?? Number.NaN) },
  { name: 'training time', short: 'training', cell: (row) => formatDuration(row.seconds) },
  { name: 'peak memory', short: 'memory', cell: (row) => formatMemory(row.peakMemoryMB) },
]

/** `39.8 % ± 0.4`; a single seed has no deviation. */
export function accuracyText({ accuracy, accuracyDeviation }: CompareRow): string {
  const text = formatPercent(accuracy)
  return accuracyDeviation === null ? text : `${text} ± ${(100 * accuracyDeviation).toFixed(1)}`
}

/** The fields of a row that are plain values, as columns of `compare.csv`. */
const csvFields = [
  'case',
  'method',
  'settings',
  'seeds',
  'accuracy',
  'accuracyDeviation',
  'trainableParams',
  'flops',
  'staticFlops',
  'activeRate',
  'imagesPerSecond',
  'seconds',
  'peakMemoryMB',
] as const satisfies readonly (keyof CompareRow)[]

/** `compare.csv`: one line a case, numbers in full, settings as JSON, nothing where there is no value (RFC 4180). */
export function compareCsv(rows: readonly CompareRow[]): string {
  const lines = rows.map((row) => csvFields.map((field) => csvCell(row[field])).join(','))
  return [csvFields.join(','), ...lines].map((line) => `${line}\r\n`).join('')
}

function csvCell(value: CompareRow[(typeof csvFields)[number]]): string {
  const text = value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** `compare.md`: the table, how it was made, and what failed. */
export function compareMarkdown(outcome: CompareOutcome): string {
  const { data, cases, failures } = outcome
  const heads = compareColumns.map(({ name }) => name)
  const rows = cases.map((row) => compareColumns.map((column) => column.cell(row)))
  const line = (cells: readonly string[]): string => `| ${cells.map(markdownCell).join(' | ')} |`
  const table = [line(heads), line(heads.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)]
  const failed = failures.map((each) => `- ${failureText(each)}`)
  return `${[
    `# Methods compared on ${shortName(data)}\n`,
    ...(cases.length > 0 ? [...table, ''] : []),
    ...compareNotes(outcome).map((note) => `- ${note}`),
    ...(failed.length > 0 ? ['\n## Failed\n', ...failed] : []),
  ].join('\n')}\n`
}

function markdownCell(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replace(/\s+/g, ' ')
}

/** A failure in one line. */
export function failureText({ case: name, seed, error, log }: CompareOutcome['failures'][number]): string {
  return `${name}, seed ${seed}: ${error.split('\n')[0]} (${log})`
}

/** How the figures came about. */
export function compareNotes({ cases, seeds, speed }: CompareOutcome): string[] {
  const { batch, rounds, threads, environment } = speed
  const [first] = cases
  if (first === undefined) return ['No run ended well.']
  const { images } = first.runs[0] as CompareRow['runs'][number]
  return [
    `Accuracy: share of ${images} test images, with the skipping model; mean and standard deviation (n - 1) over seeds ${seeds.join(', ')}. A seed draws batches, noise and new weights, and where the data is not split already, the split.`,
    'Trained parameters count the head. FLOPs are multiply-accumulates of one image at the shares of active tokens that occurred; means over seeds.',
    `Images per second: the model of each case's first seed with skipped tokens left out, all in one process and in turn, medians of ${rounds} passes of ${batch} images, loading not counted; ${threads === 0 ? 'as many threads as the runtime chose' : `${threads} threads`}, ${environment.cpu}, ${environment.cores} cores.`,
    'Training time is spent in steps, a mean over seeds; each run had a process of its own. Peak memory is the largest of those processes.',
  ]
}
