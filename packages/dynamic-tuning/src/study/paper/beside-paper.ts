import { headingOf, type Measure, shownValue } from '../../evaluation/measure.ts'
import { measureAxis } from '../../report/measure-axis.ts'
import { flopsUnit } from '../../report/page-tables.ts'
import { formatBare, formatCount } from '../../report/quantity.ts'
import { scatterChart } from '../../report/scatter-chart.ts'

/** A score beside the paper's, both from 0 to 1; null where there is none. */
export interface BesideCell {
  readonly score: number | null
  readonly paper: number | null
}

/** A row of a table of methods by sets. */
export interface BesideRow {
  readonly name: string
  /** One for each set. */
  readonly cells: readonly BesideCell[]
  readonly flops: number
  readonly trainableParams: number
}

/** A table whose first column names the rows. */
export interface BesideTable {
  readonly heads: readonly string[]
  readonly lines: readonly (readonly string[])[]
}

/** Methods by sets, a line of ours and below it one of the paper's where it has any figure. */
export function besideTable(
  sets: readonly string[],
  rows: readonly BesideRow[],
  { measure, digits }: { readonly measure: Measure; readonly digits: number },
): BesideTable {
  const text = (value: number | null): string => (value === null ? '–' : formatBare(measure, value, digits))
  const lines = rows.flatMap(({ name, cells, flops, trainableParams }) => {
    const ours = [
      name,
      ...cells.map(({ score }) => text(score)),
      formatCount(trainableParams),
      formatCount(flops),
    ]
    if (cells.every(({ paper }) => paper === null)) return [ours]
    return [ours, [`${name} (paper)`, ...cells.map(({ paper }) => text(paper)), '–', '–']]
  })
  return { heads: ['method', ...sets, 'trained', 'FLOPs'], lines }
}

/** A point of `besidePlot`; `paper` is the paper's score and FLOPs. */
export interface BesidePoint {
  readonly name: string
  readonly score: number
  readonly flops: number
  readonly spread?: number | null
  readonly paper?: { readonly score: number; readonly flops: number } | undefined
}

/** SVG of scores against FLOPs, with the paper's points beside ours. */
export function besidePlot(title: string, points: readonly BesidePoint[], measure: Measure): string {
  const papers = points.flatMap(({ name, paper }) => (paper ? [{ name: `${name} (paper)`, ...paper }] : []))
  const all: readonly BesidePoint[] = [...points, ...papers]
  const unit = flopsUnit(all)
  return scatterChart({
    title: `${headingOf(measure)} against compute, ${title}`,
    xLabel: `${unit.name} of one sample`,
    ...measureAxis(measure),
    styles: 'page',
    points: all.map(({ name, score, flops, spread }) => ({
      name,
      x: flops / unit.factor,
      y: shownValue(measure, score),
      ...(spread && { spread: shownValue(measure, spread) }),
    })),
  })
}
