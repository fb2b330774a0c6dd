import { accuracyText, failureText, type ManyRunsControl, type PlannedRun } from 'dynamic-tuning'
import { metricNumber } from './metric-number.ts'
import { formatDuration, formatPercent } from './terminal/format.ts'
import type { Terminal } from './terminal/terminal.ts'

/**
 * Shows many runs on a terminal: a live line for all together and one for every run under way, and a line that stays for
 * every case.
 */
export function manyRunsProgress(
  terminal: Terminal,
  command: string,
  out: string,
): Pick<ManyRunsControl, 'onStart' | 'onStep' | 'onRun' | 'onCase' | 'onPhase'> {
  const { note, notePaint, progress } = terminal
  let width = 0
  let total = 0
  let ended = 0
  const shares = new Map<PlannedRun, number>()
  const nameOf = ({ case: { name }, seed }: PlannedRun): string => `${name}, seed ${seed}`
  const showAll = (): void => {
    const under = [...shares.values()].reduce((sum, share) => sum + share, 0)
    if (total > 1)
      progress.update({ job: 'all', label: `${ended}/${total} runs`, done: ended + under, total })
  }
  return {
    onStart({ runs, finished, jobs, cases }) {
      total = runs
      ended = finished
      width = Math.max(...cases.map((name) => name.length))
      const kept = finished > 0 ? `, ${finished} finished before` : ''
      const atOnce = jobs > 1 ? `, ${jobs} at a time` : ''
      note(
        `${notePaint.bold(`dyt ${command}`)}: ${runs} ${runs === 1 ? 'run' : 'runs'}${kept}${atOnce}, into ${out}`,
      )
    },
    onStep(run, { epoch, step, loss, accuracy }, { steps, epochs }) {
      shares.set(run, step / steps)
      showAll()
      progress.update({
        job: run.path,
        label: `${run.number}/${total} ${nameOf(run)}, epoch ${epoch + 1}/${epochs}`,
        done: step,
        total: steps,
        accuracy: metricNumber(accuracy),
        loss: metricNumber(loss),
      })
    },
    onRun(run, end, again) {
      progress.done(run.path)
      shares.delete(run)
      if (!again && end.kind !== 'stopped') ended++
      if (ended === total) progress.done('all')
      if (end.kind !== 'failed') return
      const failure = { case: run.case.name, seed: run.seed, error: end.message, log: run.log }
      note(`  failed${again ? ', once more' : ''}: ${failureText(failure)}`)
    },
    onCase(row) {
      const active = row.activeRate < 1 ? `   ${formatPercent(row.activeRate, 0)} of the tokens active` : ''
      note(
        `  ${row.case.padEnd(width)}   accuracy ${accuracyText(row)}   ${formatDuration(row.seconds)} a run${active}`,
      )
    },
    onPhase: (phase) => note(notePaint.dim(phase)),
  }
}
