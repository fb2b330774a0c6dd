import type { SampleWord } from '../../data/samples/word.ts'
import { headingOf, type Measure } from '../../evaluation/measure.ts'
import {
  formatCount,
  formatDuration,
  formatMemory,
  formatPercent,
  intervalText,
} from '../../report/quantity.ts'
import type { CsvColumn } from '../../report/text-tables.ts'
import { sampleWordOf } from './sample-of.ts'
import { scoreOf, scoreText } from './score.ts'
import { studyMeasure } from './study-measure.ts'
import type { CaseRow } from './summarize-cases.ts'

/** A column of a text table. */
export interface CaseColumn<R = CaseRow> {
  readonly name: string
  /** Short heading for a terminal. */
  readonly short: string
  cell(row: R): string
}

/** Columns common to all tables of cases, by name. */
export const caseColumns = (rows: readonly CaseRow[], measure: Measure = studyMeasure(rows)) =>
  ({
    case: { name: 'case', short: 'case', cell: (row) => row.case },
    score: {
      name: measure.title,
      short: measure.title,
      cell: (row) => scoreText(scoreOf(row, measure), measure),
    },
    interval: {
      name: '95 % interval',
      short: '95 %',
      cell: (row) => intervalText(scoreOf(row, measure).interval, measure),
    },
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

/** The fields of a row that are plain values, as columns of a CSV file. */
export function caseCsvColumns(rows: readonly CaseRow[]): readonly CsvColumn<CaseRow>[] {
  const measure = studyMeasure(rows)
  const { name } = measure
  const score = (row: CaseRow) => scoreOf(row, measure)
  return [
    ...csvFields('case', 'method', 'settings', 'seeds'),
    { name, value: (row) => score(row).mean },
    { name: `${name}Deviation`, value: (row) => score(row).deviation },
    { name: `${name}Low`, value: (row) => score(row).interval?.[0] },
    { name: `${name}High`, value: (row) => score(row).interval?.[1] },
    ...csvFields('trainableParams', 'flops', 'staticFlops', 'activeRate', 'seconds', 'peakMemoryMB'),
  ]
}

function csvFields(...names: readonly (keyof CaseRow)[]): CsvColumn<CaseRow>[] {
  return names.map((name) => ({ name, value: (row) => row[name] }))
}

/** True if some row has an interval to show. */
export function hasInterval(rows: readonly CaseRow[]): boolean {
  const measure = studyMeasure(rows)
  return rows.some((row) => scoreOf(row, measure).interval !== null)
}

/** Note on how the scores were made. */
export function scoreNote(rows: readonly CaseRow[], seeds: readonly number[]): string {
  const measure = studyMeasure(rows)
  const tested = rows[0]?.runs[0]?.images ?? 0
  const over = `${headingOf(measure)}: ${measure.over ?? 'over'} ${tested} test ${sampleWordOf(rows)}s, with the skipping model`
  const about =
    'A seed draws batches, noise and new weights, and where the data is not split already, the split.'
  return `${over}${spreadText(measure, seeds)}. ${about}`
}

/** How sure the scores over some seeds are, as the end of a sentence. */
export function spreadText({ interval }: Pick<Measure, 'interval'>, seeds: readonly number[]): string {
  const wilson = "the 95 % interval is Wilson's, for a share of so many images"
  if (seeds.length < 2) return `, of seed ${seeds[0]}${interval === 'binomial' ? `; ${wilson}` : ''}`
  const over = `; mean over seeds ${seeds.join(', ')}`
  if (seeds.length === 2) return `${over}, from which no spread can be told: run a third`
  return `${over} with the standard deviation (n - 1) and the 95 % interval of the mean by Student's t, from three seeds on`
}

/** Note on the columns of time and memory. */
export const trainingNote =
  'Training time is spent in steps, a mean over seeds; each run had a process of its own. Peak memory is the largest of those processes.'

/** Note on the columns of cost. */
export function costNote(sample: SampleWord): string {
  return `Trained parameters count the head. FLOPs are multiply-accumulates of one ${sample} at the shares of active tokens that occurred; means over seeds.`
}
