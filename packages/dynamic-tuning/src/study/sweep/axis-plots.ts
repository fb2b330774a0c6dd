import { mean } from '../../evaluation/statistics.ts'
import { barChart } from '../../report/bar-chart.ts'
import { lineChart } from '../../report/line-chart.ts'
import type { CaseRow } from '../pool/summarize-cases.ts'
import { ownValue, type SweepOutcome } from './outcome.ts'
import { axisText } from './sweep-table.ts'

/** Lines in one chart that can still be told apart. */
const mostLines = 6

/** A plot for every setting that varies: accuracy over its values, by the one other setting where there is one with few values. */
export function axisPlots({ axes, cases }: Pick<SweepOutcome, 'axes' | 'cases'>): string[] {
  return varyingIn(axes, cases).map((axis) => {
    const rows = cases.filter((row) => ownValue(row, axis) !== undefined)
    const numeric = rows.every((row) => typeof ownValue(row, axis) === 'number')
    const others = varyingIn(axes, rows).filter((other) => other !== axis)
    return numeric ? overNumbers(axis, rows, others) : overNames(axis, rows)
  })
}

/** Settings of which some cases have other values than others. */
function varyingIn(axes: readonly string[], cases: readonly CaseRow[]): string[] {
  return axes.filter((axis) => new Set(cases.map((row) => axisText(row, axis))).size > 1)
}

function overNumbers(axis: string, rows: readonly CaseRow[], others: readonly string[]): string {
  const values = rows.map((row) => ownValue(row, axis) as number)
  const by = others.length === 1 ? (others[0] as string) : undefined
  const names = by === undefined ? [] : [...new Set(rows.map((row) => axisText(row, by)))]
  const split = names.length > 1 && names.length <= mostLines
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const series = split
    ? names.map((name) => ({
        name: `${by} ${name}`,
        points: means(
          rows.filter((row) => axisText(row, by as string) === name),
          axis,
        ),
      }))
    : [{ name: 'mean', points: means(rows, axis) }]
  return lineChart({
    title: `Accuracy by ${axis}`,
    xLabel: axis,
    yLabel: 'accuracy (%)',
    styles: 'page',
    // Values that are spread over decades were meant by their ratios.
    logX: low > 0 && high / low >= 20,
    series,
  })
}

function means(rows: readonly CaseRow[], axis: string): [number, number][] {
  const values = [...new Set(rows.map((row) => ownValue(row, axis) as number))].sort((a, b) => a - b)
  return values.map((value) => [value, accuracyOf(rows.filter((row) => ownValue(row, axis) === value))])
}

function overNames(axis: string, rows: readonly CaseRow[]): string {
  const names = [...new Set(rows.map((row) => axisText(row, axis)))]
  return barChart({
    title: `Accuracy by ${axis}`,
    xLabel: axis,
    yLabel: 'accuracy (%)',
    styles: 'page',
    bars: names.map((name) => ({
      name,
      value: accuracyOf(rows.filter((row) => axisText(row, axis) === name)),
    })),
    format: (value) => value.toFixed(1),
  })
}

const accuracyOf = (rows: readonly CaseRow[]): number => 100 * mean(rows.map((row) => row.accuracy))
