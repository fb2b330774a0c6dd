import { isBetter, type Measure } from '../../evaluation/measure.ts'
import { type ReportInput, renderReport } from '../../report/page.ts'
import type { MethodRow } from '../../report/page-tables.ts'
import { formatCount, formatRate } from '../../report/quantity.ts'
import { libraryVersion } from '../../run/library-version.ts'
import { shortName } from '../../run/short-name.ts'
import { caseCurves, finishedRuns, seedsText, studyNotes } from '../pool/report-parts.ts'
import { sampleWordOf } from '../pool/sample-of.ts'
import { scoreOf, scoreText } from '../pool/score.ts'
import { studyMeasure } from '../pool/study-measure.ts'
import { compareNotes } from './compare-table.ts'
import type { CompareOutcome, CompareRow } from './outcome.ts'

/** `compare.html`: the table, the measure against compute and speed, and over the epochs; self-contained. */
export function compareReport(outcome: CompareOutcome): string {
  const { cases, failures, data, seeds, settings } = outcome
  const measure = studyMeasure(cases)
  const own = Object.fromEntries(cases.map((row) => [`case ${row.case}`, settingsText(row)]))
  return renderReport({
    title: `${cases.length} ${cases.length === 1 ? 'case' : 'cases'} compared on ${shortName(data)}`,
    subtitle: subtitle(outcome),
    headline: headline(outcome, measure),
    methods: { rows: cases.map((row) => methodRow(row, measure)), measure, sample: sampleWordOf(cases) },
    curves: caseCurves(cases),
    settings: { data, seeds, ...settings, ...own, 'library version': libraryVersion() },
    notes: studyNotes(failures, compareNotes(outcome)),
  })
}

function settingsText({ method, settings }: CompareRow): string {
  return Object.entries({ method, ...settings })
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ')
}

function subtitle({ cases, seeds }: CompareOutcome): string {
  const models = [...new Set(cases.flatMap(({ runs }) => runs.map(({ model }) => shortName(model))))]
  const images = cases[0]?.runs[0]?.images ?? 0
  const sample = sampleWordOf(cases)
  return `${models.join(', ')} backbone, ${seedsText(seeds)}, ${images} test ${sample}s. Every case saw the same ${sample}s.`
}

function methodRow(row: CompareRow, measure: Measure): MethodRow {
  const { mean, deviation, interval } = scoreOf(row, measure)
  return {
    ...row,
    method: row.case,
    score: mean,
    interval,
    imagesPerSecond: row.imagesPerSecond ?? Number.NaN,
    ...(deviation !== null && { spread: deviation }),
  }
}

function headline({ cases, failures, seeds }: CompareOutcome, measure: Measure): ReportInput['headline'] {
  const runs = finishedRuns(cases, failures, seeds)
  if (cases.length === 0) return [runs]
  const sample = sampleWordOf(cases)
  const scoreIn = (row: CompareRow): number => scoreOf(row, measure).mean
  const best = cases.reduce((one, row) => (isBetter(measure, scoreIn(row), scoreIn(one)) ? row : one))
  const lightest = largest(cases, (row) => -row.flops)
  const fastest = largest(cases, (row) => row.imagesPerSecond ?? 0)
  return [
    { label: `Best ${measure.title}`, value: scoreText(scoreOf(best, measure), measure), note: best.case },
    {
      label: `Fewest FLOPs per ${sample}`,
      value: formatCount(lightest.flops),
      note: `${lightest.case}, ${(lightest.flops / lightest.staticFlops).toFixed(2)} times the static model's`,
    },
    {
      label: `Most ${sample}s per second`,
      value: formatRate(fastest.imagesPerSecond ?? Number.NaN),
      note: fastest.case,
    },
    runs,
  ]
}

function largest(rows: readonly CompareRow[], value: (row: CompareRow) => number): CompareRow {
  return rows.reduce((best, row) => (value(row) > value(best) ? row : best))
}
