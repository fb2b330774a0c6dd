import { type CurveChart, pointsOfEpochs } from './metrics-curves.ts'
import type { SampleWord } from './sample-word.ts'

/** A run's name in the legend, and the lines of its `metrics.jsonl`. */
export interface NamedMetrics {
  readonly name: string
  readonly lines: readonly object[]
}

/** Accuracy and cross-entropy of several runs on held-out images or clips, over the epochs. */
export function heldOutCurves(runs: readonly NamedMetrics[], sample: SampleWord): CurveChart[] {
  const curve = (
    title: string,
    yLabel: string,
    field: 'validationAccuracy' | 'validationLoss',
    factor: number,
  ): CurveChart => ({
    title,
    xLabel: 'epoch',
    yLabel,
    series: runs.map(({ name, lines }) => ({ name, points: pointsOfEpochs(lines, field, factor) })),
  })
  return [
    curve(`Accuracy on held-out ${sample}s`, 'accuracy (%)', 'validationAccuracy', 100),
    curve(`Cross-entropy on held-out ${sample}s`, 'cross-entropy', 'validationLoss', 1),
  ]
}
