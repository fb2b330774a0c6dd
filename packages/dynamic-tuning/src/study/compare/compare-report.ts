import { openRunFolder } from '../../io/run-folder.ts'
import { heldOutCurves } from '../../report/held-out-curves.ts'
import type { ReportInput } from '../../report/page.ts'
import { renderReport } from '../../report/page.ts'
import { formatCount, formatRate } from '../../report/quantity.ts'
import { sampleWordOf } from '../../report/sample-word.ts'
import { libraryVersion } from '../../run/library-version.ts'
import { shortName } from '../../run/short-name.ts'
import { accuracyText } from '../pool/case-columns.ts'
import { failureText } from '../pool/failures.ts'
import { compareNotes } from './compare-table.ts'
import type { CompareOutcome, CompareRow } from './finish-comparison.ts'

/** `compare.html`: the table, accuracy against compute and speed, and accuracy over the epochs; self-contained. */
export function compareReport(outcome: CompareOutcome): string {
  const { cases, failures, data, seeds, settings } = outcome
  const own = Object.fromEntries(cases.map((row) => [`case ${row.case}`, settingsText(row)]))
  return renderReport({
    title: `${cases.length} ${cases.length === 1 ? 'case' : 'cases'} compared on ${shortName(data)}`,
    subtitle: subtitle(outcome),
    headline: headline(outcome),
    methods: cases.map(methodRow),
    sample: sampleWordOf(cases),
    curves: curves(cases),
    settings: { data, seeds, ...settings, ...own, 'library version': libraryVersion() },
    notes: [...failures.map((each) => `Failed: ${failureText(each)}`), ...compareNotes(outcome)],
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
  const seedText = seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`
  return `${models.join(', ')} backbone, ${seedText}, ${images} test ${sample}s. Every case saw the same ${sample}s.`
}

function methodRow(row: CompareRow): NonNullable<ReportInput['methods']>[number] {
  const { accuracyDeviation: deviation, imagesPerSecond } = row
  return {
    ...row,
    method: row.case,
    imagesPerSecond: imagesPerSecond ?? Number.NaN,
    ...(deviation !== null && { accuracySpread: deviation }),
  }
}

function headline({ cases, failures }: CompareOutcome): ReportInput['headline'] {
  const done = cases.reduce((sum, row) => sum + row.seeds, 0)
  const runs = {
    label: 'Finished runs',
    value: `${done} of ${done + failures.length}`,
    note: failures.length === 0 ? 'none failed' : `${failures.length} failed, see the notes`,
  }
  if (cases.length === 0) return [runs]
  const sample = sampleWordOf(cases)
  const best = largest(cases, (row) => row.accuracy)
  const lightest = largest(cases, (row) => -row.flops)
  const fastest = largest(cases, (row) => row.imagesPerSecond ?? 0)
  return [
    { label: 'Best accuracy', value: accuracyText(best), note: best.case },
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

/** One epoch makes no curve. */
function curves(cases: readonly CompareRow[]): ReportInput['curves'] {
  const records = cases.map((row) => ({
    name: row.case,
    lines: openRunFolder(row.runs[0]?.run as string, { write: false }).readMetrics(),
  }))
  return heldOutCurves(records, sampleWordOf(cases)).filter(({ series }) =>
    series.some(({ points }) => points.length > 1),
  )
}
