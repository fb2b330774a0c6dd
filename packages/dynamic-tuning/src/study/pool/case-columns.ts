import type { Interval } from '../../evaluation/statistics.ts'
import { formatCount, formatDuration, formatMemory, formatPercent } from '../../report/quantity.ts'
import { type SampleWord, sampleWordOf } from '../../report/sample-word.ts'
import type { CsvColumn } from '../../report/text-tables.ts'
import type { CaseRow } from './summarize-cases.ts'

/** A column of a table that people read. */
export interface CaseColumn<R = CaseRow> {
  readonly name: string
  /** For a terminal, where room is scarce. */
  readonly short: string
  cell(row: R): string
}

/** What every table of cases says of them, by name. */
export const caseColumns = (rows: readonly CaseRow[]) =>
  ({
    case: { name: 'case', short: 'case', cell: (row) => row.case },
    accuracy: { name: 'accuracy', short: 'accuracy', cell: accuracyText },
    interval: { name: '95 % interval', short: '95 %', cell: (row) => intervalText(row.accuracyInterval) },
    seeds: { name: 'seeds', short: 'seeds', cell: (row) => String(row.seeds) },
    trained: {
      name: 'trained parameters',
      short: 'trained',
      cell: (row) => formatCount(row.trainableParams),
    },
    flops: { name: `FLOPs per ${sampleWordOf(rows)}`, short: 'FLOPs', cell: (row) => formatCount(row.flops) },
    active: { name: 'active tokens', short: 'active', cell: (row) => formatPercent(row.activeRate) },
    seconds: { name: 'training time', short: 'training', cell: (row) => formatDuration(row.seconds) },
    memory: { name: 'peak memory', short: 'memory', cell: (row) => formatMemory(row.peakMemoryMB) },
  }) as const satisfies Record<string, CaseColumn>

/** `39.8 % ± 0.4`; a single seed has no deviation. */
export function accuracyText({
  accuracy,
  accuracyDeviation,
}: Pick<CaseRow, 'accuracy' | 'accuracyDeviation'>): string {
  const text = formatPercent(accuracy)
  return accuracyDeviation === null ? text : `${text} ± ${(100 * accuracyDeviation).toFixed(1)}`
}

/** `39.2 to 40.1` in percent; empty where there is none. */
export function intervalText(interval: Interval | null): string {
  return interval === null ? '–' : interval.map((end) => (100 * end).toFixed(1)).join(' to ')
}

/** The fields of a row that are plain values, as columns of a CSV file. */
export const caseCsvColumns: readonly CsvColumn<CaseRow>[] = [
  ...(
    [
      'case',
      'method',
      'settings',
      'seeds',
      'accuracy',
      'accuracyDeviation',
    ] as const satisfies readonly (keyof CaseRow)[]
  ).map((name) => ({ name, value: (row: CaseRow) => row[name] })),
  { name: 'accuracyLow', value: (row) => row.accuracyInterval?.[0] },
  { name: 'accuracyHigh', value: (row) => row.accuracyInterval?.[1] },
  ...(
    [
      'trainableParams',
      'flops',
      'staticFlops',
      'activeRate',
      'seconds',
      'peakMemoryMB',
    ] as const satisfies readonly (keyof CaseRow)[]
  ).map((name) => ({ name, value: (row: CaseRow) => row[name] })),
]

/** How the accuracies of a table came about. */
export function accuracyNote(rows: readonly CaseRow[], seeds: readonly number[]): string {
  const tested = rows[0]?.runs[0]?.images ?? 0
  const over = `Accuracy: share of ${tested} test ${sampleWordOf(rows)}s, with the skipping model`
  const about =
    'A seed draws batches, noise and new weights, and where the data is not split already, the split.'
  if (seeds.length < 2) return `${over}, of seed ${seeds[0]}. ${about}`
  return `${over}; mean and standard deviation (n - 1) over seeds ${seeds.join(', ')}, and the 95 % interval of the mean by 10,000 bootstrap samples, which for fewer than about ten seeds is too narrow. ${about}`
}

/** What the columns of time and memory measure. */
export const trainingNote =
  'Training time is spent in steps, a mean over seeds; each run had a process of its own. Peak memory is the largest of those processes.'

/** What the columns count. */
export function costNote(sample: SampleWord): string {
  return `Trained parameters count the head. FLOPs are multiply-accumulates of one ${sample} at the shares of active tokens that occurred; means over seeds.`
}
