import type { EpochMetrics, StepMetrics } from 'dynamic-tuning'
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
        accuracy,
        ...(typeof loss === 'number' && { loss }),
        ...(typeof activeRate === 'number' && { activeRate }),
      })
    },
    onEpoch(metrics: EpochMetrics): void {
      terminal.note(epochLine(metrics, epochs))
    },
  }
}

/** One line for an epoch that ended. */
export function epochLine(metrics: EpochMetrics, epochs: number): string {
  const { validationAccuracy, activeRate } = metrics
  const number = String(metrics.epoch + 1).padStart(String(epochs).length)
  const parts = [
    `epoch ${number}/${epochs}`,
    `loss ${metrics.trainLoss.toFixed(3)}`,
    `train ${formatPercent(metrics.trainAccuracy).padStart(7)}`,
  ]
  if (validationAccuracy !== undefined)
    parts.push(`held out ${formatPercent(validationAccuracy).padStart(7)}`)
  if (activeRate !== undefined) parts.push(`active ${formatPercent(activeRate, 0)}`)
  return `${parts.join('   ')}   ${formatDuration(metrics.seconds)}`
}
