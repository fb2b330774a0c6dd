import { headingOf, type Measure, shownValue, valueIn } from '../../evaluation/measure.ts'
import { type LineChart, lineChart, type Series } from '../../report/line-chart.ts'
import { lossSpan, measureAxis } from '../../report/measure-axis.ts'
import { type ReportInput, renderReport } from '../../report/page.ts'
import { formatCount, formatMeasure, formatPercent, formatRate } from '../../report/quantity.ts'
import type { SectionTable } from '../../report/section.ts'
import type { Task } from '../../tasks/task.ts'
import { libraryVersion } from '../library-version.ts'
import type { Calibration } from './calibration.ts'
import { trainedThreshold } from './curve.ts'
import { type BudgetPoint, bestIn, type CurvePoint } from './point.ts'
import type { Target } from './targets.ts'

/** `calibrate.html`: the curve of one trained model in plots and a table, self-contained. */
export function calibrationPage(calibration: Calibration, task: Task): string {
  const [measure] = task.measures
  const { data, images, method, scope, points, validationIsTest } = calibration
  const part = validationIsTest ? 'test' : 'validation'
  const thresholds = scope === 'global' ? 'one threshold for all gates' : 'a threshold for each gate'
  return renderReport({
    title: `${headingOf(measure)} against compute`,
    subtitle: `${method} on ${data}; one trained model at ${points.length} budgets, ${thresholds}, ${images} ${part} images`,
    headline: headline(calibration, measure),
    curves: [],
    sections: [
      {
        heading: 'Curves',
        about: `Every point is the same trained model; only the gate thresholds differ. The upper envelope is the best ${measure.title} at no more FLOPs.`,
        plots: plots(calibration, task),
      },
      { heading: 'Points', table: table(calibration, measure) },
    ],
    notes: notes(calibration),
  })
}

function headline({ trained, targets, points }: Calibration, measure: Measure): ReportInput['headline'] {
  const tile = (label: string, point: BudgetPoint) => ({
    label,
    value: formatMeasure(measure, valueIn(point, measure)),
    note: `${measure.title} at ${formatPercent(point.share)} of the static FLOPs`,
  })
  return [
    ...points.slice(0, 1).map((open) => tile('Everything open', open)),
    tile('As trained, threshold 0.5', trained),
    ...targets.map((target) => tile(targetText(target, measure), target.point)),
    ...points.slice(-1).map((closed) => tile('Everything closed', closed)),
  ]
}

/** A target in words. */
export function targetText({ kind, asked }: Target, measure: Measure): string {
  if (kind === 'flops') return `FLOPs ${formatPercent(asked, 0)}`
  return kind === 'latency' ? `Latency ${asked} ms` : `${headingOf(measure)} drop ${asked}`
}

function plots(
  calibration: Calibration,
  { measures: [measure], loss: { title: lossTitle } }: Task,
): string[] {
  const { points, global, latencyBatch, trained, targets } = calibration
  const chart = (
    title: string,
    axis: Pick<LineChart, 'yLabel' | 'yLeast'>,
    y: (point: CurvePoint) => number,
    more: readonly Series[] = [],
  ): string =>
    lineChart({
      title,
      xLabel: 'FLOPs (% of the static model)',
      ...axis,
      styles: 'page',
      series: [
        { name: global ? 'per layer' : 'as measured', points: along(points, y) },
        ...(global ? [{ name: 'one threshold', points: along(global, y) }] : []),
        ...more,
        mark('trained', trained, y),
      ],
    })
  const shown = (point: CurvePoint): number => shownValue(measure, valueIn(point, measure))
  const chosen = targets.map((target) => mark(targetText(target, measure), target.point, shown))
  return [
    chart(headingOf(measure), measureAxis(measure), shown, [steps(points, measure), ...chosen]),
    chart('Loss', { yLabel: lossTitle, yLeast: lossSpan }, ({ loss }) => loss),
    ...(latencyBatch === undefined
      ? []
      : [
          chart(
            `Latency, batch ${latencyBatch}`,
            { yLabel: 'milliseconds' },
            ({ latencyMs = Number.NaN }) => latencyMs,
          ),
        ]),
    ratesPerLayer(calibration, measure),
  ]
}

/** A point as a series of its own. */
function mark(name: string, point: CurvePoint, y: (point: CurvePoint) => number): Series {
  return { name, points: [[100 * point.share, y(point)]] }
}

/** Points from left to right. */
const along = (points: readonly CurvePoint[], y: (point: CurvePoint) => number) =>
  points.map((point) => [100 * point.share, y(point)] as const).reverse()

/** The envelope as steps: it stays level until a more expensive point is better. */
function steps(points: readonly CurvePoint[], measure: Measure): Series {
  const corners = along(points, (point) => shownValue(measure, bestIn(point, measure)))
  const line = corners.flatMap(([x, y], i) => [[x, corners[i - 1]?.[1] ?? y] as const, [x, y] as const])
  return { name: 'upper envelope', points: line }
}

/** Active tokens per layer, as trained and at each target. */
function ratesPerLayer({ trained, targets }: Calibration, measure: Measure): string {
  const line = (name: string, { activeRatePerLayer }: BudgetPoint): Series => ({
    name,
    points: activeRatePerLayer.map((rate, layer) => [layer, 100 * rate] as const),
  })
  return lineChart({
    title: 'Active tokens per layer',
    xLabel: 'layer',
    yLabel: 'active (%)',
    styles: 'page',
    yInclude: [0, 100],
    series: [
      line('trained', trained),
      ...targets.map((target) => line(targetText(target, measure), target.point)),
    ],
  })
}

function table(calibration: Calibration, measure: Measure): SectionTable {
  return {
    columns: [
      ...['threshold', 'active tokens', 'FLOPs per image', 'of static', measure.title, 'envelope', 'loss'],
      'images/s',
      ...(calibration.latencyBatch === undefined ? [] : ['latency']),
      '',
    ],
    rows: calibration.points.map((point) => {
      const cells = curveCells(calibration, point, measure)
      return { bold: cells.at(-1) !== '', cells }
    }),
  }
}

/**
 * Cells of a table row for a point of the curve; the last one marks the trained point and those of targets.
 */
export function curveCells(
  { trained, targets, latencyBatch }: Calibration,
  point: CurvePoint,
  measure: Measure,
): string[] {
  const same = (other: BudgetPoint): boolean => other.thresholds.join() === point.thresholds.join()
  const remarks = [
    ...(same(trained) ? ['as trained'] : []),
    ...targets.filter((target) => same(target.point)).map((target) => targetText(target, measure)),
  ]
  return [
    thresholdText(point),
    formatPercent(point.activeRate),
    formatCount(point.flops),
    formatPercent(point.share),
    formatMeasure(measure, valueIn(point, measure)),
    formatMeasure(measure, bestIn(point, measure)),
    point.loss.toFixed(3),
    formatRate(point.imagesPerSecond),
    ...(latencyBatch === undefined ? [] : [`${point.latencyMs?.toFixed(1)} ms`]),
    remarks.join(', '),
  ]
}

/** One threshold, or the range of several. */
export function thresholdText({ thresholds }: BudgetPoint): string {
  const [least, most] = [Math.min(...thresholds), Math.max(...thresholds)]
  return least === most ? digits(least) : `${digits(least)} to ${digits(most)}`
}

/** Three digits, or more if these would round to 0.5 or 1. */
function digits(value: number): string {
  const special = (text: number): boolean => text !== value && [trainedThreshold, 1].includes(text)
  const precision = [3, 4, 5, 6].find((count) => !special(Number(value.toPrecision(count)))) ?? 7
  return String(Number(value.toPrecision(precision)))
}

function notes({ validationIsTest, evaluations, leftOut, scope, images, run }: Calibration): string[] {
  return [
    validationIsTest
      ? `This data has no validation part of its own: the ${images} images are test images too, so figures at a chosen budget flatter it a little.`
      : `Measured on ${images} validation images; test images were not looked at.`,
    'FLOPs are multiply-accumulates at the shares of active tokens that occurred; a share of 100 % is the static ViT without adapters.',
    'images/s are those of the evaluation passes, one after another: they tell the trend, a benchmark tells the speed.',
    ...(scope === 'per-layer'
      ? [
          `Thresholds of the gates were chosen by the loss on the same images, ${evaluations} evaluations in all.`,
        ]
      : []),
    ...(leftOut.length > 0
      ? [
          `Left out, because they cost more than a lower threshold: ${leftOut.map((t) => t.toFixed(3)).join(', ')}.`,
        ]
      : []),
    `Use a budget with dyt eval ${run} --budget SHARE, and likewise predict and export. Made by dynamic-tuning ${libraryVersion()}.`,
  ]
}
