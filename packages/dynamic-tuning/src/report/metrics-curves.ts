import { headingOf, type Measure, shownValue } from '../evaluation/measure.ts'
import { fieldOf } from '../training/field-of.ts'
import type { TaskLoss } from '../training/loss.ts'
import type { Series } from './line-chart.ts'
import { lossSpan, measureAxis, percentSpan } from './measure-axis.ts'
import type { LeastSpan } from './plot-frame.ts'

/** A chart of a run. */
export interface CurveChart {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  readonly yLeast?: LeastSpan
  readonly series: readonly Series[]
}

type Fields = Readonly<Record<string, unknown>>

/** What a run is judged by, and what it made small. */
export interface CurvesTask {
  readonly measures: readonly [Measure, ...Measure[]]
  readonly loss: Pick<TaskLoss, 'name' | 'title' | 'distillation'>
}

/** Fields of the terms of a loss, with what they are called. */
function lossTerms({ name, title, distillation }: CurvesTask['loss']): (readonly [string, string])[] {
  return [
    [`${name}Dynamic`, `${title}, skipping`],
    [`${name}Complete`, `${title}, all tokens`],
    ...(distillation ? [[distillation.name, 'distillation'] as const] : []),
    ['rateLoss', 'activation rate'],
  ]
}

/**
 * Charts of a run from the objects of its `metrics.jsonl`: loss, its terms, the measure, active
 * tokens and learning rate. `heldOut` names the examples evaluated while training, such as `test images`.
 * Skips lines of other kinds and values that are not finite numbers, and leaves out charts without data.
 * Shares and the activation rate become percent.
 */
export function curvesOfMetrics(
  records: readonly unknown[],
  { measures, loss }: CurvesTask,
  heldOut = 'held out',
): CurveChart[] {
  const steps = ofKind(records, 'step')
  const epochs = ofKind(records, 'epoch')
  const charts: CurveChart[] = [
    lossChart(steps, epochs, loss, heldOut),
    measureChart(records, measures[0], heldOut),
    {
      title: 'Active tokens in training',
      xLabel: 'step',
      yLabel: 'active (%)',
      yLeast: percentSpan,
      series: withSmooth('active tokens', points(steps, 'step', 'activeRate', 100)),
    },
    {
      title: 'Loss terms',
      xLabel: 'step',
      yLabel: 'loss',
      series: lossTerms(loss).map(([field, name]) => ({
        name,
        points: smooth(points(steps, 'step', field)),
      })),
    },
    {
      title: 'Learning rate',
      xLabel: 'step',
      yLabel: 'learning rate',
      series: [{ name: 'learning rate', points: points(steps, 'step', 'lr') }],
    },
  ]
  return charts.map(withoutEmpty).filter((chart) => chart.series.length > 0)
}

function measureChart(records: readonly unknown[], measure: Measure, heldOut: string): CurveChart {
  return {
    title: headingOf(measure),
    xLabel: 'epoch',
    ...measureAxis(measure),
    series: [
      { name: 'training', points: measureOfEpochs(records, 'train', measure) },
      { name: heldOut, points: measureOfEpochs(records, 'validation', measure) },
    ],
  }
}

/** A measure on one part of the data after each epoch, in the unit in which it is shown. */
export function measureOfEpochs(
  records: readonly unknown[],
  part: 'train' | 'validation',
  measure: Measure,
): Series['points'] {
  return pointsOfEpochs(records, fieldOf(part, measure), shownValue(measure, 1))
}

/** A field of the epochs, times `factor`, over the number of epochs done: the first line is of epoch 0. */
export function pointsOfEpochs(records: readonly unknown[], field: string, factor = 1): Series['points'] {
  return points(ofKind(records, 'epoch'), 'epoch', field, factor).map(([epoch, y]) => [epoch + 1, y] as const)
}

/** Mean activation rate of each layer (from 0) in the last epoch that reported it; empty when none did. */
export function lastActiveRates(records: readonly unknown[]): { layer: number; rate: number }[] {
  const rates = ofKind(records, 'epoch')
    .map((epoch) => epoch.activeRatePerLayer)
    .filter((value): value is unknown[] => Array.isArray(value))
    .at(-1)
  return (rates ?? []).flatMap((rate, layer) => (isNumber(rate) ? [{ layer, rate }] : []))
}

/**
 * The task's own loss in training and held out, which can be compared, and the sum of all terms that training
 * makes small, if there are others.
 */
function lossChart(
  steps: readonly Fields[],
  epochs: readonly Fields[],
  { name, title }: CurvesTask['loss'],
  heldOut: string,
): CurveChart {
  const training = points(steps, 'step', `${name}Dynamic`)
  const sums = points(steps, 'step', 'loss')
  const alone = training.length > 0 && training.every(([, y], i) => nearly(y, sums[i]?.[1] ?? Number.NaN))
  // Without step lines (thinned logs) the means of the epochs still give a curve.
  const sum = sums.length > 0 ? sums : points(epochs, 'step', 'trainLoss')
  return {
    title: 'Loss',
    xLabel: 'step',
    yLabel: 'loss',
    yLeast: lossSpan,
    series: [
      ...withSmooth(`${title}, training`, training),
      { name: `${title}, ${heldOut}`, points: points(epochs, 'step', 'validationLoss') },
      ...(alone ? [] : [{ name: 'sum of all terms, training', points: smooth(sum) }]),
    ],
  }
}

/** True for values that differ by no more than float32 rounds. */
function nearly(value: number, other: number): boolean {
  return Math.abs(value - other) <= 1e-6 * Math.abs(other)
}

/** A smooth line over its raw values, which are drawn faintly. */
function withSmooth(name: string, raw: Series['points']): Series[] {
  const line = smooth(raw)
  return line === raw
    ? [{ name, points: raw }]
    : [
        { name: `${name}, each step`, points: raw, faint: true },
        { name, points: line },
      ]
}

/**
 * Mean over a window of a fortieth of the points around each one so the line does not lag behind:
 * narrower at the start, where values fall steeply, and one-sided at the end. Fewer than 40 points
 * are returned as they are.
 */
function smooth(raw: Series['points']): Series['points'] {
  if (raw.length < 40) return raw
  const half = Math.max(2, Math.round(raw.length / 80))
  let sum = 0
  const sums = new Float64Array(raw.length + 1)
  for (const [i, [, y]] of raw.entries()) sums[i + 1] = sum += y
  const sumBefore = (end: number): number => sums[end] ?? 0
  return raw.map(([x], i) => {
    const reach = Math.min(half, i)
    const [from, to] = [i - reach, Math.min(raw.length, i + reach + 1)]
    return [x, (sumBefore(to) - sumBefore(from)) / (to - from)] as const
  })
}

function ofKind(records: readonly unknown[], kind: string): Fields[] {
  const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null
  return records.filter(isRecord).filter((record) => record.kind === kind)
}

function points(records: readonly Fields[], x: string, y: string, factor = 1): Series['points'] {
  return records.flatMap((record) => {
    const [px, py] = [record[x], record[y]]
    return isNumber(px) && isNumber(py) ? [[px, py * factor] as const] : []
  })
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function withoutEmpty(chart: CurveChart): CurveChart {
  return { ...chart, series: chart.series.filter((series) => series.points.length > 0) }
}
