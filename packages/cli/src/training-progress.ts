import type { EpochMetrics, StepMetrics } from 'dynamic-tuning'
import { metricNumber } from './metric-number.ts'
import { formatDuration, formatPercent } from './terminal/format.ts'
import type { Terminal } from './terminal/terminal.ts'

/** Shows a training run on a terminal: a live line for the step, and a line that stays for every epoch. */
export function trainingProgress(terminal: Terminal) {
  let epochs = 0
  return {
    onStep(
      metrics: StepMetrics,
      { steps, epochs: all }: { readonly steps: number; readonly epochs: number },
    ): void {
      epochs = all
      const { loss, accuracy, activeRate, imagesPerSecond, memoryMB } = metrics
      terminal.progress.update({
        label: `epoch ${metrics.epoch + 1}/${all}`,
        done: metrics.step,
        total: steps,
        imagesPerSecond,
        memoryMB,
        accuracy: metricNumber(accuracy),
        loss: metricNumber(loss),
        activeRate: metricNumber(activeRate),
      })
    },
    onEpoch(metrics: EpochMetrics): void {
      terminal.note(epochLine(metrics, epochs))
    },
  }
}

/** One line for an epoch that ended. */
export function epochLine(metrics: EpochMetrics, epochs: number): string {
  const [trained, heldOut, active] = ['trainAccuracy', 'validationAccuracy', 'activeRate'].map((field) =>
    metricNumber(metrics[field]),
  )
  const number = String(metrics.epoch + 1).padStart(String(epochs).length)
  const parts = [`epoch ${number}/${epochs}`, `loss ${metrics.trainLoss.toFixed(3)}`]
  if (trained !== undefined) parts.push(`train ${formatPercent(trained).padStart(7)}`)
  if (heldOut !== undefined) parts.push(`held out ${formatPercent(heldOut).padStart(7)}`)
  if (active !== undefined) parts.push(`active ${formatPercent(active, 0)}`)
  return `${parts.join('   ')}   ${formatDuration(metrics.seconds)}`
}
