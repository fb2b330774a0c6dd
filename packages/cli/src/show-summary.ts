import type { Measure, RunSummary } from 'dynamic-tuning'
import {
  formatCount,
  formatDuration,
  formatMeasure,
  formatMemory,
  formatPercent,
  intervalText,
  numberIn,
  sampleWord,
  smallTestNote,
  valueIn,
  valueInterval,
} from 'dynamic-tuning/report'
import { judgedBy, taskNamed } from 'dynamic-tuning/tasks'
import { bars } from './terminal/bars.ts'
import { type Fact, renderFacts } from './terminal/facts.ts'
import type { Paint } from './terminal/output.ts'

/** A run's figures for people; `more` comes before the last lines. */
export function summaryText(summary: RunSummary, paint: Paint, more: readonly Fact[] = []): string {
  const { measures } = judgedBy(taskNamed(summary.task), summary.metric)
  const { activeRate, activeRatePerLayer, flops, staticFlops } = summary
  const sample = sampleWord(summary)
  const dispatches = activeRatePerLayer.some((rate) => rate !== 1)
  const { loaderWaitShare: waited } = summary
  const waiting = waited === undefined ? '' : `, ${formatPercent(waited)} of step time waiting for ${sample}s`
  const facts: Fact[] = [
    primaryFact(summary, measures[0]),
    ...measures.slice(1).flatMap((measure) => otherFact(summary, measure, measures[0])),
    [
      'active tokens',
      formatPercent(activeRate),
      dispatches ? `${bars(activeRatePerLayer)} first to last layer` : withoutDispatch(summary),
    ],
    ['trained parameters', formatCount(summary.trainableParams)],
    [
      `FLOPs per ${sample}`,
      formatCount(flops),
      `${(flops / staticFlops).toFixed(2)} times the static model's`,
    ],
    ...more,
    ['time', formatDuration(summary.seconds), `peak memory ${formatMemory(summary.peakMemoryMB)}${waiting}`],
  ]
  const { images } = summary
  const note = smallTestNote({ images, sample, measure: measures[0], value: valueIn(summary, measures[0]) })
  return note === undefined ? renderFacts(facts, paint) : `${renderFacts(facts, paint)}\n${note}\n`
}

function primaryFact(summary: RunSummary, measure: Measure): Fact {
  const { images, skipped = 0 } = summary
  const value = valueIn(summary, measure)
  const interval = valueInterval(measure, value, images)
  const certain = interval ? [`95 % interval ${intervalText(interval, measure)}`] : []
  const leftOut = skipped > 0 ? [`${skipped} file${skipped === 1 ? '' : 's'} left out`] : []
  const tested = `${measure.average ? 'over' : 'of'} ${images} test ${sampleWord(summary)}s`
  return [measure.title, formatMeasure(measure, value), [tested, ...certain, ...leftOut].join(', ')]
}

/** A further measure, where it says something else than the primary one; runs of version 0.1 may lack it. */
function otherFact(summary: RunSummary, measure: Measure, primary: Measure): Fact[] {
  const value = numberIn(summary, measure.name)
  if (value === undefined) return []
  const text = formatMeasure(measure, value)
  if (text === formatMeasure(primary, valueIn(summary, primary))) return []
  return [[measure.title, text, '']]
}

/** Runs of former versions know of no reduction. */
function withoutDispatch({ reduction = 'none' }: Partial<RunSummary>): string {
  return reduction === 'none' ? 'no token is skipped' : `${reduction}: fewer tokens from layer to layer`
}
