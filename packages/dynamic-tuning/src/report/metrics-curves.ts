import { headingOf, type Measure, shownValue, titleWithUnit } from '../evaluation/measure.ts'
import { fieldOf } from '../training/field-of.ts'
import type { TaskLoss } from '../training/loss.ts'
import type { Series } from './line-chart.ts'

/** A chart of a run. */
export interface CurveChart {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
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
 * tokens and learning rate. Skips lines of other kinds and values that are not finite numbers, and
 * leaves out charts without data. Shares and the activation rate become percent.
 */
export function curvesOfMetrics(records: readonly unknown[], { measures, loss }: CurvesTask): CurveChart[] {
  const [measure] = measures
  const steps = ofKind(records, 'step')
  const epochs = ofKind(records, 'epoch')
  const charts: CurveChart[] = [
    lossChart(steps, epochs),
    {
      title: headingOf(measure),
      xLabel: 'epoch',
      yLabel: titleWithUnit(measure),
      series: [
        { name: 'training', points: measureOfEpochs(records, 'train', measure) },
        { name: 'validation', points: measureOfEpochs(records, 'validation', measure) },
      ],
    },
    {
      title: 'Active tokens in training',
      xLabel: 'step',
      yLabel: 'active (%)',
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

function lossChart(steps: readonly Fields[], epochs: readonly Fields[]): CurveChart {
  const raw = points(steps, 'step', 'loss')
  // Without step lines (thinned logs) the epoch's mean still gives a curve.
  const training = raw.length > 0 ? raw : points(epochs, 'step', 'trainLoss')
  const validation = { name: 'validation', points: points(epochs, 'step', 'validationLoss') }
  return {
    title: 'Loss',
    xLabel: 'step',
    yLabel: 'loss',
    series: [...withSmooth('training', training), validation],
  }
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
