import { openRunFolder } from '../../io/run-folder.ts'
import { heldOutCurves } from '../../report/held-out-curves.ts'
import { lineChart } from '../../report/line-chart.ts'
import { type ReportInput, renderReport } from '../../report/page.ts'
import { formatCount, formatDuration } from '../../report/quantity.ts'
import { sampleWordOf } from '../../report/sample-word.ts'
import { scatterChart } from '../../report/scatter-chart.ts'
import { libraryVersion } from '../../run/library-version.ts'
import { shortName } from '../../run/short-name.ts'
import { accuracyText } from '../pool/case-columns.ts'
import { failureText } from '../pool/failures.ts'
import type { CaseRow } from '../pool/summarize-cases.ts'
import { axisPlots } from './axis-plots.ts'
import type { SweepOutcome } from './outcome.ts'
import { sweepColumns, sweepNotes, sweepTitle } from './sweep-table.ts'

/** Lines in one chart that can still be told apart. */
const mostLines = 6

/** `sweep.html`: the table, accuracy against compute and against each setting, and curves of the best; self-contained. */
export function sweepReport(outcome: SweepOutcome): string {
  const { cases, failures, seeds, settings } = outcome
  return renderReport({
    title: sweepTitle(outcome),
    subtitle: subtitle(outcome),
    headline: headline(outcome),
    curves: [],
    sections: cases.length > 0 ? sections(outcome) : [],
    settings: { seeds, ...settings, 'library version': libraryVersion() },
    notes: [...failures.map((each) => `Failed: ${failureText(each)}`), ...sweepNotes(outcome)],
  })
}

function subtitle({ cases, seeds }: SweepOutcome): string {
  const runs = cases.flatMap((row) => row.runs)
  const names = (of: 'model' | 'data'): string =>
    [...new Set(runs.map((run) => shortName(run[of])))].join(', ')
  const seedText = seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`
  return runs.length === 0 ? seedText : `${names('data')}; ${names('model')} backbone; ${seedText}`
}

function headline({ cases, failures, metric, seeds }: SweepOutcome): ReportInput['headline'] {
  const done = cases.reduce((sum, row) => sum + row.seeds, 0)
  const failed = failures.reduce((sum, { seed }) => sum + (seed === null ? seeds.length : 1), 0)
  const runs = {
    label: 'Finished runs',
    value: `${done} of ${done + failed}`,
    note: failed === 0 ? 'none failed' : `${failed} failed, see the notes`,
  }
  const [best] = cases
  if (best === undefined) return [runs]
  const seconds = cases.reduce((sum, row) => sum + row.seeds * row.seconds, 0)
  return [
    { label: `Best by ${metric}`, value: accuracyText(best), note: best.case },
    { label: `Its FLOPs per ${sampleWordOf(cases)}`, value: formatCount(best.flops) },
    { label: 'Training time of all', value: formatDuration(seconds) },
    runs,
  ]
}

function sections(outcome: SweepOutcome): NonNullable<ReportInput['sections']> {
  const { cases, metric } = outcome
  const columns = sweepColumns(outcome)
  const rows = cases.map((row, i) => ({ cells: columns.map((column) => column.cell(row)), bold: i === 0 }))
  const table = { columns: columns.map(({ name }) => name), rows }
  const curves = heldOutCurves(cases.slice(0, mostLines).map(metricsOf), sampleWordOf(cases))
    .filter(({ series }) => series.some(({ points }) => points.length > 1))
    .map((chart) => lineChart({ ...chart, styles: 'page' }))
  const best = cases.length > mostLines ? `The ${mostLines} best cases.` : undefined
  return [
    { heading: `Cases, ordered by ${metric}`, table },
    {
      heading: 'What changes the accuracy',
      about:
        'Bars are standard deviations over seeds. A point of a setting’s plot is a mean over all cases with that value.',
      plots: [computePlot(cases), ...axisPlots(outcome)],
    },
    ...(curves.length > 0 ? [{ heading: 'Training', plots: curves, ...(best && { about: best }) }] : []),
  ]
}

function metricsOf(row: CaseRow): { name: string; lines: object[] } {
  const folder = openRunFolder(row.runs[0]?.run as string, { write: false })
  return { name: row.case, lines: folder.readMetrics() }
}

function computePlot(cases: readonly CaseRow[]): string {
  const [unit, factor] = Math.max(...cases.map((row) => row.flops)) < 1e9 ? ['MFLOPs', 1e6] : ['GFLOPs', 1e9]
  return scatterChart({
    title: 'Accuracy against compute',
    xLabel: `${unit} per ${sampleWordOf(cases)}`,
    yLabel: 'accuracy (%)',
    styles: 'page',
    points: cases.map((row) => ({
      name: row.case,
      x: row.flops / Number(factor),
      y: 100 * row.accuracy,
      spread: 100 * (row.accuracyDeviation ?? 0),
    })),
  })
}
