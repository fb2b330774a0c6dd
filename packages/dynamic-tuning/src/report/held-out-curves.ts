import type { SampleWord } from '../data/samples/word.ts'
import { headingOf } from '../evaluation/measure.ts'
import type { Series } from './line-chart.ts'
import { lossSpan, measureAxis } from './measure-axis.ts'
import { type CurveChart, type CurvesTask, measureOfEpochs, pointsOfEpochs } from './metrics-curves.ts'

/** A run's name in the legend, and the lines of its `metrics.jsonl`. */
export interface NamedMetrics {
  readonly name: string
  readonly lines: readonly object[]
}

/** The measure and the loss of several runs of a task on held-out images or clips, over the epochs. */
export function heldOutCurves(
  runs: readonly NamedMetrics[],
  sample: SampleWord,
  { measures: [measure], loss }: CurvesTask,
): CurveChart[] {
  const curve = (
    title: string,
    axis: Pick<CurveChart, 'yLabel' | 'yLeast'>,
    pointsOf: (lines: readonly object[]) => Series['points'],
  ) => ({
    title,
    xLabel: 'epoch',
    ...axis,
    series: runs.map(({ name, lines }) => ({ name, points: pointsOf(lines) })),
  })
  return [
    curve(`${headingOf(measure)} on held-out ${sample}s`, measureAxis(measure), (lines) =>
      measureOfEpochs(lines, 'validation', measure),
    ),
    curve(`${headingOf(loss)} on held-out ${sample}s`, { yLabel: loss.title, yLeast: lossSpan }, (lines) =>
      pointsOfEpochs(lines, 'validationLoss'),
    ),
  ]
}
