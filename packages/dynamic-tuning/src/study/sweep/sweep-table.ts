import { formatMeasure } from '../../report/quantity.ts'
import { csvText } from '../../report/text-tables.ts'
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
import { caseTask } from '../pool/study-measure.ts'
import type { CaseRow } from '../pool/summarize-cases.ts'
import { valueText } from './expand-grid.ts'
import { ownValue, type SweepOutcome } from './outcome.ts'
import { meanOver, otherMeasure } from './rank-by.ts'

function lossColumn(cases: readonly CaseRow[]): CaseColumn {
  const { title } = caseTask(cases).loss
  return { name: title, short: 'loss', cell: (row) => row.loss.toFixed(3) }
}

/** The column of the metric that orders cases, unless another column shows it. */
function orderColumn(cases: readonly CaseRow[], metric: string): CaseColumn | undefined {
  if (metric === 'loss') return lossColumn(cases)
  const measure = otherMeasure(cases, metric)
  if (measure === undefined) return undefined
  const { title } = measure
  return { name: title, short: title, cell: (row) => formatMeasure(measure, meanOver(row, measure)) }
}

/**
 * The columns in order: the name if one was given, the settings that vary, and results; the
 * interval only if some case has one.
 */
export function sweepColumns({
  axes,
  cases,
  metric,
}: Pick<SweepOutcome, 'axes' | 'cases' | 'metric'>): readonly CaseColumn[] {
  const { score, interval, seeds, trained, flops, active, seconds, memory } = caseColumns(cases)
  const ordered = orderColumn(cases, metric)
  return [
    ...axes.map((axis) => ({ name: axis, short: axis, cell: (row: CaseRow) => axisText(row, axis) })),
    ...(ordered ? [ordered] : []),
    score,
    ...(hasInterval(cases) ? [interval] : []),
    ...[seeds, trained, flops, active, seconds, memory],
  ]
}

/** Text of a case's own setting, `–` if it has none. */
export function axisText(row: CaseRow, axis: string): string {
  const value = ownValue(row, axis)
  return value === undefined ? '–' : valueText(value)
}

/** `sweep.csv`: one line a case, the best first, numbers in full, a column for each setting that varies. */
export function sweepCsv({ axes, cases }: SweepOutcome): string {
  const own = axes.map((axis) => ({ name: axis, value: (row: CaseRow) => ownValue(row, axis) }))
  const results = caseCsvColumns(cases).filter(({ name }) => name !== 'settings' && !axes.includes(name))
  const loss = { name: 'loss', value: (row: CaseRow) => row.loss }
  return csvText<CaseRow>([...own, ...results, loss], cases)
}

/** `sweep.md`: the table, how it was made, and what failed. */
export function sweepMarkdown(outcome: SweepOutcome): string {
  const { cases, failures } = outcome
  const tables = caseTable(sweepColumns(outcome), cases)
  return runsMarkdown({ title: sweepTitle(outcome), tables, notes: sweepNotes(outcome), failures })
}

/** `12 cases of rate and learningRate`. */
export function sweepTitle({ cases, axes }: SweepOutcome): string {
  return `${cases.length} ${cases.length === 1 ? 'case' : 'cases'} of ${axes.join(', ')}`
}

/** Notes on how the figures were made. */
export function sweepNotes({ cases, seeds, metric }: SweepOutcome): string[] {
  if (cases.length === 0) return ['No run ended well.']
  return [
    ...smallTestNotes(cases),
    `Ordered by ${metric}. The best of many cases looks better than it is: try it with seeds of its own.`,
    scoreNote(cases, seeds),
    costNote(sampleWordOf(cases)),
    trainingNote,
  ]
}
