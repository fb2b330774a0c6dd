import type { PrecisionCurve } from './curve.ts'
import { detectionLimits, overlapThresholds, recallPoints, sizeRanges } from './protocol.ts'

/** COCO's names of the twelve figures, in its order. */
export const cocoFigures = [
  ...['AP', 'AP50', 'AP75', 'AP_small', 'AP_medium', 'AP_large'],
  ...['AR_1', 'AR_10', 'AR_100', 'AR_small', 'AR_medium', 'AR_large'],
] as const

/** Curves of one class by range of sizes, in the order of `sizeRanges`. */
export type ClassCurves = readonly (PrecisionCurve | undefined)[]

const rangeOf = (name: string): number => sizeRanges.findIndex((range) => range.name === name)
const thresholdOf = (overlap: number): number => overlapThresholds.indexOf(overlap)

/** Mean of numbers; NaN where there are none. */
function meanOf(values: Float64Array | readonly number[]): number {
  let sum = 0
  for (const value of values) sum += value
  return values.length === 0 ? Number.NaN : sum / values.length
}

/** Average precision over all thresholds and recalls, or at one threshold; NaN without objects. */
export function averagePrecision(curve: PrecisionCurve | undefined, threshold?: number): number {
  if (curve === undefined) return Number.NaN
  if (threshold === undefined) return meanOf(curve.precision)
  const points = recallPoints.length
  return meanOf(curve.precision.subarray(threshold * points, (threshold + 1) * points))
}

/** Highest recall with so many detections per image, mean over thresholds; NaN without objects. */
export function averageRecall(curve: PrecisionCurve | undefined, limit: number): number {
  if (curve === undefined) return Number.NaN
  const { recall } = curve
  const { length } = detectionLimits
  return meanOf(Array.from(overlapThresholds, (_, t) => recall[t * length + limit] ?? 0))
}

/** Mean over the classes that have objects; NaN where none has any. */
export function meanOverClasses(
  classes: readonly ClassCurves[],
  range: number,
  figure: (curve: PrecisionCurve) => number,
): number {
  return meanOf(
    classes.flatMap((curves) => {
      const { [range]: curve } = curves
      return curve === undefined ? [] : [figure(curve)]
    }),
  )
}

/** Average precision at each threshold, mean over classes. [10]. */
export function precisionByThreshold(classes: readonly ClassCurves[]): number[] {
  return Array.from(overlapThresholds, (_, t) =>
    meanOverClasses(classes, 0, (curve) => averagePrecision(curve, t)),
  )
}

/** The twelve figures in COCO's order, each from 0 to 1; NaN where there is no object to be found. */
export function twelveFigures(classes: readonly ClassCurves[]): number[] {
  const sizes = ['small', 'medium', 'large'].map(rangeOf)
  const precision = (range: number, threshold?: number): number =>
    meanOverClasses(classes, range, (curve) => averagePrecision(curve, threshold))
  const recall = (range: number, limit: number): number =>
    meanOverClasses(classes, range, (curve) => averageRecall(curve, limit))
  const all = rangeOf('all')
  const last = detectionLimits.length - 1
  return [
    precision(all),
    precision(all, thresholdOf(0.5)),
    precision(all, thresholdOf(0.75)),
    ...sizes.map((range) => precision(range)),
    ...Array.from(detectionLimits, (_, limit) => recall(all, limit)),
    ...sizes.map((range) => recall(range, last)),
  ]
}
