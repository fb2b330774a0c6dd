import { headingOf, type Measure, shownValue } from '../../evaluation/measure.ts'
import { mean } from '../../evaluation/statistics.ts'
import { barChart } from '../../report/bar-chart.ts'
import { lineChart, type Series } from '../../report/line-chart.ts'
import { measureAxis } from '../../report/measure-axis.ts'
import { scoreOf } from '../pool/score.ts'
import { studyMeasure } from '../pool/study-measure.ts'
import type { CaseRow } from '../pool/summarize-cases.ts'
import { ownValue, type SweepOutcome } from './outcome.ts'
import { axisText } from './sweep-table.ts'

/** Maximum number of distinguishable lines in a chart. */
const mostLines = 6

/**
 * Plots the measure over the values of each varied setting, with one line per value of the other
 * setting if there is exactly one other with few values.
 */
export function axisPlots({ axes, cases }: Pick<SweepOutcome, 'axes' | 'cases'>): string[] {
  const measure = studyMeasure(cases)
  return varyingIn(axes, cases).map((axis) => {
    const rows = cases.filter((row) => ownValue(row, axis) !== undefined)
    const numbers = rows.flatMap((row) => {
      const value = ownValue(row, axis)
      return typeof value === 'number' ? [{ row, value }] : []
    })
    const others = varyingIn(axes, rows).filter((other) => other !== axis)
    return numbers.length === rows.length
      ? overNumbers(axis, numbers, others, measure)
      : overNames(axis, rows, measure)
  })
}

/** Settings whose values differ between cases. */
function varyingIn(axes: readonly string[], cases: readonly CaseRow[]): string[] {
  return axes.filter((axis) => new Set(cases.map((row) => axisText(row, axis))).size > 1)
}

/** A case and the numeric value of its setting. */
interface NumberedRow {
  readonly row: CaseRow
  readonly value: number
}

function overNumbers(
  axis: string,
  numbers: readonly NumberedRow[],
  others: readonly string[],
  measure: Measure,
): string {
  const [by, ...more] = others
  const values = numbers.map(({ value }) => value)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const whole = [{ name: 'mean', points: means(numbers, measure) }]
  return lineChart({
    title: `${headingOf(measure)} by ${axis}`,
    xLabel: axis,
    ...measureAxis(measure),
    styles: 'page',
    // A range over decades needs a logarithmic axis.
    logX: low > 0 && high / low >= 20,
    series: by !== undefined && more.length === 0 ? (linesBy(by, numbers, measure) ?? whole) : whole,
  })
}

/** One line per value of another setting; undefined if there would be one or too many. */
function linesBy(by: string, numbers: readonly NumberedRow[], measure: Measure): Series[] | undefined {
  const names = [...new Set(numbers.map(({ row }) => axisText(row, by)))]
  if (names.length < 2 || names.length > mostLines) return undefined
  return names.map((name) => {
    const own = numbers.filter(({ row }) => axisText(row, by) === name)
    return { name: `${by} ${name}`, points: means(own, measure) }
  })
}

function means(numbers: readonly NumberedRow[], measure: Measure): [number, number][] {
  const values = [...new Set(numbers.map(({ value }) => value))].sort((a, b) => a - b)
  return values.map((value) => {
    const rows = numbers.filter((each) => each.value === value).map(({ row }) => row)
    return [value, meanScore(rows, measure)]
  })
}

function overNames(axis: string, rows: readonly CaseRow[], measure: Measure): string {
  const names = [...new Set(rows.map((row) => axisText(row, axis)))]
  return barChart({
    title: `${headingOf(measure)} by ${axis}`,
    xLabel: axis,
    ...measureAxis(measure),
    styles: 'page',
    bars: names.map((name) => ({
      name,
      value: meanScore(
        rows.filter((row) => axisText(row, axis) === name),
        measure,
      ),
    })),
    format: (value) => value.toFixed(1),
  })
}

function meanScore(rows: readonly CaseRow[], measure: Measure): number {
  return shownValue(measure, mean(rows.map((row) => scoreOf(row, measure).mean)))
}
