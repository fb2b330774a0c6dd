import type { EpochMetrics, Measure, StepMetrics } from 'dynamic-tuning'
import { formatDuration, formatPercent } from 'dynamic-tuning/report'
import { taskNamed } from 'dynamic-tuning/tasks'
import { metricNumber } from './metric-number.ts'
import { scoreOfEpoch, scoreOfStep } from './score-text.ts'
import type { Terminal } from './terminal/terminal.ts'

/** Shows a training run on a terminal: a live line for the step, and a line that stays for every epoch. */
export function trainingProgress(terminal: Terminal, measure: Measure = taskNamed().measures[0]) {
  let epochs = 0
  return {
    onStep(
      metrics: StepMetrics,
      { steps, epochs: all }: { readonly steps: number; readonly epochs: number },
    ): void {
      epochs = all
      const { loss, activeRate, imagesPerSecond, memoryMB } = metrics
      terminal.progress.update({
        label: `epoch ${metrics.epoch + 1}/${all}`,
        done: metrics.step,
        total: steps,
        imagesPerSecond,
        memoryMB,
        ...scoreOfStep(metrics, measure),
        ...(typeof loss === 'number' && { loss }),
        ...(typeof activeRate === 'number' && { activeRate }),
      })
    },
    onEpoch(metrics: EpochMetrics): void {
      terminal.note(epochLine(metrics, epochs, measure))
    },
  }
}

/** One line for an epoch that ended. */
export function epochLine(metrics: EpochMetrics, epochs: number, measure: Measure): string {
  const activeRate = metricNumber(metrics.activeRate)
  const [train, heldOut] = (['train', 'validation'] as const).map((part) =>
    scoreOfEpoch(metrics, part, measure)?.padStart(7),
  )
  const number = String(metrics.epoch + 1).padStart(String(epochs).length)
  const parts = [`epoch ${number}/${epochs}`, `loss ${metrics.trainLoss.toFixed(3)}`]
  if (train !== undefined) parts.push(`train ${train}`)
  if (heldOut !== undefined) parts.push(`held out ${heldOut}`)
  if (activeRate !== undefined) parts.push(`active ${formatPercent(activeRate, 0)}`)
  return `${parts.join('   ')}   ${formatDuration(metrics.seconds)}`
}
