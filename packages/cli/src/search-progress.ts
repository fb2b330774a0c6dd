import { formatCount, formatMeasure } from 'dynamic-tuning/report'
import type { NoahSearchControl } from 'dynamic-tuning/study'
import { taskNamed } from 'dynamic-tuning/tasks'
import { namedScore } from './score-text.ts'
import type { Terminal } from './terminal/terminal.ts'
import { trainingProgress } from './training-progress.ts'

/**
 * Shows a search on a terminal: the super-network's training, then a live line for candidates and a line that
 * stays for every round.
 */
export function searchProgress(
  terminal: Terminal,
): Pick<NoahSearchControl, 'onOpen' | 'onPhase' | 'onStep' | 'onEpoch' | 'onCandidate'> {
  let [measure] = taskNamed().measures
  let training = trainingProgress(terminal, measure)
  let round = 0
  let last = ''
  return {
    onOpen({ task }) {
      measure = taskNamed(task).measures[0]
      training = trainingProgress(terminal, measure)
    },
    onStep: (metrics, total) => training.onStep(metrics, total),
    onEpoch: (metrics) => training.onEpoch(metrics),
    onPhase: (phase) => terminal.note(terminal.notePaint.dim(phase)),
    onCandidate(candidate, { done, total, rounds, best }) {
      if (candidate.round > round) terminal.note(last)
      round = candidate.round
      const label = `round ${round + 1}/${rounds}`
      last = `${label}   best ${formatMeasure(measure, best.score)}   ${formatCount(best.parameters)} parameters`
      terminal.progress.update({ label, done, total, score: namedScore(measure, best.score) })
    },
  }
}
