import { type CompareControl, compareColumns, failureText, type PlannedRun } from 'dynamic-tuning'
import { formatDuration, formatPercent } from './terminal/format.ts'
import type { Terminal } from './terminal/terminal.ts'

/** Shows a comparison on a terminal: a live line for every run under way, and a line that stays for every case. */
export function compareProgress(
  terminal: Terminal,
  out: string,
): Pick<CompareControl, 'onStart' | 'onStep' | 'onRun' | 'onCase' | 'onPhase'> {
  const { note, notePaint, progress } = terminal
  let total = 0
  let width = 0
  const nameOf = ({ case: { name }, seed }: PlannedRun): string => `${name}, seed ${seed}`
  return {
    onStart({ runs, finished, jobs, cases }) {
      total = runs
      width = Math.max(...cases.map((name) => name.length))
      const kept = finished > 0 ? `, ${finished} finished before` : ''
      const atOnce = jobs > 1 ? `, ${jobs} at a time` : ''
      note(
        `${notePaint.bold('dyt compare')}: ${runs} ${runs === 1 ? 'run' : 'runs'}${kept}${atOnce}, into ${out}`,
      )
    },
    onStep(run, { epoch, step, loss, accuracy }, { steps, epochs }) {
      progress.update({
        job: run.path,
        label: `${run.number}/${total} ${nameOf(run)}, epoch ${epoch + 1}/${epochs}`,
        done: step,
        total: steps,
        accuracy,
        ...(typeof loss === 'number' && { loss }),
      })
    },
    onRun(run, end) {
      progress.done(run.path)
      if (end.kind !== 'failed') return
      const { case: own, seed, log } = run
      note(`  failed: ${failureText({ case: own.name, seed, error: end.message, log })}`)
    },
    onCase(row) {
      const accuracy = compareColumns[1]?.cell(row)
      const active = row.activeRate < 1 ? `   ${formatPercent(row.activeRate, 0)} of the tokens active` : ''
      note(
        `  ${row.case.padEnd(width)}   accuracy ${accuracy}   ${formatDuration(row.seconds)} a run${active}`,
      )
    },
    onPhase: (phase) => note(notePaint.dim(phase)),
  }
}
