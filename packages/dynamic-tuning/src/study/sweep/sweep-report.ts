import { headingOf, type Measure, shownValue } from '../../evaluation/measure.ts'
import { lineChart } from '../../report/line-chart.ts'
import { measureAxis } from '../../report/measure-axis.ts'
import { type ReportInput, renderReport } from '../../report/page.ts'
import { flopsUnit } from '../../report/page-tables.ts'
import { formatCount, formatDuration } from '../../report/quantity.ts'
import { scatterChart } from '../../report/scatter-chart.ts'
import { libraryVersion } from '../../run/library-version.ts'
import { shortName } from '../../run/short-name.ts'
import { caseCurves, finishedRuns, seedsText, studyNotes } from '../pool/report-parts.ts'
import { sampleWordOf } from '../pool/sample-of.ts'
import { scoreOf, scoreText } from '../pool/score.ts'
import { studyMeasure } from '../pool/study-measure.ts'
import type { CaseRow } from '../pool/summarize-cases.ts'
import { axisPlots } from './axis-plots.ts'
import type { SweepOutcome } from './outcome.ts'
import { sweepColumns, sweepNotes, sweepTitle } from './sweep-table.ts'

/** Maximum number of distinguishable lines in a chart. */
const mostLines = 6

/**
 * `sweep.html`: the table, the measure against compute and each setting, and curves of the best;
 * self-contained.
 */
export function sweepReport(outcome: SweepOutcome): string {
  const { cases, failures, seeds, settings } = outcome
  return renderReport({
    title: sweepTitle(outcome),
    subtitle: subtitle(outcome),
    headline: headline(outcome),
    curves: [],
    sections: cases.length > 0 ? sections(outcome) : [],
    settings: { seeds, ...settings, 'library version': libraryVersion() },
    notes: studyNotes(failures, sweepNotes(outcome)),
  })
}

function subtitle({ cases, seeds }: SweepOutcome): string {
  const runs = cases.flatMap((row) => row.runs)
  const names = (of: 'model' | 'data'): string =>
    [...new Set(runs.map((run) => shortName(run[of])))].join(', ')
  const seedText = seedsText(seeds)
  return runs.length === 0 ? seedText : `${names('data')}; ${names('model')} backbone; ${seedText}`
}

function headline({ cases, failures, metric, seeds }: SweepOutcome): ReportInput['headline'] {
  const runs = finishedRuns(cases, failures, seeds)
  const [best] = cases
  if (best === undefined) return [runs]
  const measure = studyMeasure(cases)
  const seconds = cases.reduce((sum, row) => sum + row.seeds * row.seconds, 0)
  return [
    { label: `Best by ${metric}`, value: scoreText(scoreOf(best, measure), measure), note: best.case },
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
  const measure = studyMeasure(cases)
  const curves = caseCurves(cases.slice(0, mostLines)).map((chart) => lineChart({ ...chart, styles: 'page' }))
  const best = cases.length > mostLines ? `The ${mostLines} best cases.` : undefined
  return [
    { heading: `Cases, ordered by ${metric}`, table },
    {
      heading: `What changes the ${measure.title}`,
      about:
        'Bars are standard deviations over seeds, from three on. A point of a setting’s plot is a mean over all cases with that value.',
      plots: [computePlot(cases, measure), ...axisPlots(outcome)],
    },
    ...(curves.length > 0 ? [{ heading: 'Training', plots: curves, ...(best && { about: best }) }] : []),
  ]
}

function computePlot(cases: readonly CaseRow[], measure: Measure): string {
  const unit = flopsUnit(cases)
  return scatterChart({
    title: `${headingOf(measure)} against compute`,
    xLabel: `${unit.name} per ${sampleWordOf(cases)}`,
    ...measureAxis(measure),
    styles: 'page',
    points: cases.map((row) => {
      const { mean, deviation } = scoreOf(row, measure)
      return {
        name: row.case,
        x: row.flops / unit.factor,
        y: shownValue(measure, mean),
        spread: shownValue(measure, deviation ?? 0),
      }
    }),
  })
}
