import type { NoahSearchControl } from 'dynamic-tuning'
import { formatCount, formatPercent } from './terminal/format.ts'
import type { Terminal } from './terminal/terminal.ts'
import { trainingProgress } from './training-progress.ts'

/** Shows a search on a terminal: the super-network's training, then a live line for candidates and one that stays for every round. */
export function searchProgress(
  terminal: Terminal,
): Pick<NoahSearchControl, 'onPhase' | 'onStep' | 'onEpoch' | 'onCandidate'> {
  let round = 0
  let last = ''
  return {
    ...trainingProgress(terminal),
    onPhase: (phase) => terminal.note(terminal.notePaint.dim(phase)),
    onCandidate(candidate, { done, total, rounds, best }) {
      if (candidate.round > round) terminal.note(last)
      round = candidate.round
      const label = `round ${round + 1}/${rounds}`
      last = `${label}   best ${formatPercent(best.accuracy)}   ${formatCount(best.parameters)} parameters`
      terminal.progress.update({ label, done, total, accuracy: best.accuracy })
    },
  }
}
