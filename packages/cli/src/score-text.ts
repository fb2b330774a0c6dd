import type { Measure } from 'dynamic-tuning'
import { fieldOf, formatMeasure, numberIn } from 'dynamic-tuning/report'

/** A measure by name with its value, for a line of progress: `mean IoU 78.1 %`. */
export function namedScore(measure: Measure, value: number): string {
  return `${measure.title} ${formatMeasure(measure, value)}`
}

/** The measure of a step or a result for a progress line; empty if it has none. */
export function scoreOfStep(metrics: object, measure: Measure): { readonly score?: string } {
  const value = numberIn(metrics, measure.name)
  return value === undefined ? {} : { score: namedScore(measure, value) }
}

/** The measure of an epoch on one part of the data; undefined if it was not measured. */
export function scoreOfEpoch(
  metrics: object,
  part: 'train' | 'validation',
  measure: Measure,
): string | undefined {
  const value = numberIn(metrics, fieldOf(part, measure))
  return value === undefined ? undefined : formatMeasure(measure, value)
}
