import type { RunSummary } from 'dynamic-tuning'
import { bars } from './terminal/bars.ts'
import { type Fact, renderFacts } from './terminal/facts.ts'
import { formatCount, formatDuration, formatMemory, formatPercent } from './terminal/format.ts'
import type { Paint } from './terminal/output.ts'

/** A run's figures for people; `more` comes before the last lines. */
export function summaryText(summary: RunSummary, paint: Paint, more: readonly Fact[] = []): string {
  const { activeRate, activeRatePerLayer, flops, staticFlops } = summary
  const sample = summary.frames === undefined ? 'image' : 'clip'
  const dispatches = activeRatePerLayer.some((rate) => rate !== 1)
  const facts: Fact[] = [
    ['accuracy', formatPercent(summary.accuracy), `of ${summary.images} test ${sample}s${leftOut(summary)}`],
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
    ['time', formatDuration(summary.seconds), `peak memory ${formatMemory(summary.peakMemoryMB)}`],
  ]
  return renderFacts(facts, paint)
}

const leftOut = ({ skipped = 0 }: RunSummary): string => (skipped > 0 ? `, ${skipped} left out` : '')

/** Runs of former versions know of no reduction. */
function withoutDispatch({ reduction = 'none' }: Partial<RunSummary>): string {
  return reduction === 'none' ? 'no token is skipped' : `${reduction}: fewer tokens from layer to layer`
}
