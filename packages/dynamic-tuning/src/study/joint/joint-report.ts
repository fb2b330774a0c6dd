import { headingOf, type Measure, shownValue, titleWithUnit } from '../../evaluation/measure.ts'
import { lineChart, type Series } from '../../report/line-chart.ts'
import { renderReport } from '../../report/page.ts'
import { flopsUnit } from '../../report/page-tables.ts'
import { libraryVersion } from '../../run/library-version.ts'
import { shortName } from '../../run/short-name.ts'
import { besidePlot } from '../paper/beside-paper.ts'
import { seedsText, studyNotes } from '../pool/report-parts.ts'
import { scoreOf } from '../pool/score.ts'
import { jointMeasure, jointNotes, jointTable } from './joint-table.ts'
import type { JointCellRow, JointOutcome, JointRow } from './outcome.ts'

/** `compare.html` of several datasets: the table, and the measure against compute on each; self-contained. */
export function jointReport(outcome: JointOutcome): string {
  const { rows, datasets, failures, seeds, settings } = outcome
  const runs = rows.flatMap(({ cells }) => cells.flatMap((cell) => cell.runs))
  const models = [...new Set(runs.map(({ model }) => shortName(model)))]
  const { heads, lines } = jointTable(outcome)
  const table = { columns: heads, rows: lines.map((cells) => ({ cells })) }
  const plots = datasets.map((dataset) => datasetPlot(outcome, dataset)).filter((plot) => plot !== '')
  return renderReport({
    title: `${rows.length} ${rows.length === 1 ? 'case' : 'cases'} on ${datasets.join(', ')}`,
    subtitle: [...models.map((name) => `${name} backbone`), seedsText(seeds)].join('; '),
    headline: [{ label: 'Finished runs', value: String(runs.length) }],
    curves: [],
    sections: rows.length > 0 ? [{ heading: 'Cases', table, plots }] : [],
    settings: { seeds, ...settings, 'library version': libraryVersion() },
    notes: studyNotes(failures, jointNotes(outcome)),
  })
}

/** A row and its results on a dataset. */
interface Placed {
  readonly row: JointRow
  readonly cell: JointCellRow
}

/** Lines of the cases that differ in their rate alone, or else points with names; empty without any run. */
function datasetPlot(outcome: JointOutcome, dataset: string): string {
  const placed = outcome.rows.flatMap((row): Placed[] => {
    const cell = row.cells.find((each) => each.dataset === dataset)
    return cell ? [{ row, cell }] : []
  })
  if (placed.length === 0) return ''
  const measure = jointMeasure(outcome)
  const series = seriesByRate(placed)
  if (series.length > 1) return ratePlot(dataset, series, measure)
  const points = placed.map(({ row, cell }) => {
    const { mean: score, deviation: spread } = scoreOf(cell, measure)
    return { name: row.case, flops: cell.flops, score, spread }
  })
  return besidePlot(dataset, points, measure)
}

/** Groups of at least two cases that have all settings but the rate in common; [] if some case is in none. */
export function seriesByRate<P extends { readonly row: Pick<JointRow, 'method' | 'settings'> }>(
  placed: readonly P[],
): readonly (readonly P[])[] {
  const groups = new Map<string, P[]>()
  for (const each of placed) {
    const { rate: _rate, ...rest } = each.row.settings
    const key = JSON.stringify([each.row.method, rest])
    groups.set(key, [...(groups.get(key) ?? []), each])
  }
  const all = [...groups.values()]
  return all.every((group) => group.length > 1) ? all : []
}

function ratePlot(dataset: string, groups: readonly (readonly Placed[])[], measure: Measure): string {
  const unit = flopsUnit(groups.flatMap((group) => group.map(({ cell }) => cell)))
  const series = groups.map((group): Series => {
    const points = group
      .map(({ cell }): [number, number] => [
        cell.flops / unit.factor,
        shownValue(measure, scoreOf(cell, measure).mean),
      ])
      .sort(([a], [b]) => a - b)
    return { name: commonStart(group.map(({ row }) => row.case)), points }
  })
  return lineChart({
    title: `${headingOf(measure)} against compute, ${dataset}`,
    xLabel: `${unit.name} of one sample`,
    yLabel: titleWithUnit(measure),
    styles: 'page',
    series,
  })
}

/** What names begin with in common, to the last whole word: `MLP r=0.1` and `MLP r=0.3` are `MLP`. */
function commonStart(names: readonly string[]): string {
  const [first = '', ...others] = names
  let length = first.length
  while (!others.every((name) => name.startsWith(first.slice(0, length)))) length--
  const start = first.slice(0, length)
  return (length === first.length ? start : start.replace(/\s*\S*$/, '')) || first
}
