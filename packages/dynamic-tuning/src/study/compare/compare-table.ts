import { formatRate } from '../../report/quantity.ts'
import { csvText } from '../../report/text-tables.ts'
import { shortName } from '../../run/short-name.ts'
import {
  type CaseColumn,
  caseColumns,
  caseCsvColumns,
  costNote,
  hasInterval,
  scoreNote,
  trainingNote,
} from '../pool/case-columns.ts'
import { caseTable, runsMarkdown } from '../pool/markdown.ts'
import { sampleWordOf } from '../pool/sample-of.ts'
import { smallTestNotes } from '../pool/small-test-notes.ts'
import type { CompareOutcome, CompareRow } from './outcome.ts'

/** The columns in order; the interval only if some case has one. */
export function compareColumns(rows: readonly CompareRow[]): readonly CaseColumn<CompareRow>[] {
  const { case: name, score, interval, seeds, trained, flops, active, seconds, memory } = caseColumns(rows)
  const rate = `${sampleWordOf(rows)}s/s`
  const speed: CaseColumn<CompareRow> = {
    name: rate,
    short: rate,
    cell: (row) => formatRate(row.imagesPerSecond ?? Number.NaN),
  }
  const shown = hasInterval(rows) ? [interval] : []
  return [name, score, ...shown, seeds, trained, flops, active, speed, seconds, memory]
}

/** `compare.csv`: one line a case, numbers in full, settings as JSON. */
export function compareCsv(rows: readonly CompareRow[]): string {
  const columns = [
    ...caseCsvColumns(rows),
    { name: 'imagesPerSecond', value: (row: CompareRow) => row.imagesPerSecond },
  ]
  return csvText<CompareRow>(columns, rows)
}

/** `compare.md`: the table, how it was made, and what failed. */
export function compareMarkdown(outcome: CompareOutcome): string {
  const { data, cases, failures } = outcome
  const tables = caseTable(compareColumns(cases), cases)
  return runsMarkdown({
    title: `Methods compared on ${shortName(data)}`,
    tables,
    notes: compareNotes(outcome),
    failures,
  })
}

/** Notes on how the figures were made. */
export function compareNotes({ cases, seeds, speed: measured }: CompareOutcome): string[] {
  const { batch, rounds, threads, environment } = measured
  if (cases.length === 0) return ['No run ended well.']
  const sample = sampleWordOf(cases)
  return [
    ...smallTestNotes(cases),
    scoreNote(cases, seeds),
    costNote(sample),
    `${sample === 'clip' ? 'Clips' : 'Images'} per second: the model of each case's first seed with skipped tokens left out, all in one process and in turn, medians of ${rounds} passes of ${batch} ${sample}s, loading not counted; ${threads === 0 ? 'as many threads as the runtime chose' : `${threads} threads`}, ${environment.cpu}, ${environment.cores} cores.`,
    trainingNote,
  ]
}
