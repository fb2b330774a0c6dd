import { intervalText, type RunSummary, sampleWord, shareInterval } from 'dynamic-tuning'
import { bars } from './terminal/bars.ts'
import { type Fact, renderFacts } from './terminal/facts.ts'
import { formatCount, formatDuration, formatMemory, formatPercent } from './terminal/format.ts'
import type { Paint } from './terminal/output.ts'

/** A run's figures for people; `more` comes before the last lines. */
export function summaryText(summary: RunSummary, paint: Paint, more: readonly Fact[] = []): string {
  const { activeRate, activeRatePerLayer, flops, staticFlops } = summary
  const sample = sampleWord(summary)
  const dispatches = activeRatePerLayer.some((rate) => rate !== 1)
  const { loaderWaitShare: waited } = summary
  const waiting = waited === undefined ? '' : `, ${formatPercent(waited)} of step time waiting for ${sample}s`
  const facts: Fact[] = [
    [
      'accuracy',
      formatPercent(summary.accuracy),
      `of ${summary.images} test ${sample}s, ${certainty(summary)}`,
    ],
    ...meanPerClass(summary),
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
  return renderFacts(facts, paint)
}

function certainty({ accuracy, images, skipped = 0 }: RunSummary): string {
  const interval = `95 % interval ${intervalText(shareInterval(accuracy, images))}`
  return skipped > 0 ? `${interval}, ${skipped} left out` : interval
}

/** Where it tells something else than accuracy; runs of former versions have none. */
function meanPerClass({ accuracy, meanPerClassAccuracy, metric }: Partial<RunSummary>): Fact[] {
  if (accuracy === undefined || meanPerClassAccuracy === undefined) return []
  const usual = metric === 'meanPerClassAccuracy'
  const share = formatPercent(meanPerClassAccuracy)
  if (!usual && share === formatPercent(accuracy)) return []
  return [['mean per class', share, usual ? 'the usual figure of this dataset' : '']]
}

/** Runs of former versions know of no reduction. */
function withoutDispatch({ reduction = 'none' }: Partial<RunSummary>): string {
  return reduction === 'none' ? 'no token is skipped' : `${reduction}: fewer tokens from layer to layer`
}
