import { type Measure, titleWithUnit } from '../evaluation/measure.ts'
import type { LeastSpan, PlotLabels } from './plot-frame.ts'

/**
 * An axis of percent spans 5 points at least: values that a test set of usual size cannot tell apart should
 * look alike (a 95 % interval over 1,000 images is 2 to 6 points wide).
 */
export const percentSpan: LeastSpan = { span: 5, within: [0, 100] }

/** An axis of a loss spans 0.05 at least: less is the noise of a few batches. */
export const lossSpan: LeastSpan = { span: 0.05, within: [0, Number.POSITIVE_INFINITY] }

/** The y axis of a measure: its title and, for percent, a least span. */
export function measureAxis(measure: Measure): Pick<PlotLabels, 'yLabel' | 'yLeast'> {
  return { yLabel: titleWithUnit(measure), ...(measure.unit === 'share' && { yLeast: percentSpan }) }
}
