import type { ManyRunsControl, ManyRunsWork, PlannedRun } from 'dynamic-tuning'
import {
  failureText,
  formatDuration,
  formatPercent,
  scoreOf,
  scoreText,
  studyMeasure,
} from 'dynamic-tuning/report'
import { taskNamed } from 'dynamic-tuning/tasks'
import { scoreOfStep } from './score-text.ts'
import type { Terminal } from './terminal/terminal.ts'

type CaseRow = Parameters<NonNullable<ManyRunsControl['onCase']>>[0]

/**
 * Shows many runs on a terminal: a live line for all together, one for every run under way, and a line that
 * stays for every finished case.
 */
export function manyRunsProgress(
  terminal: Terminal,
  command: string,
  out: string,
): Pick<ManyRunsControl, 'onStart' | 'onStep' | 'onRun' | 'onCase' | 'onPhase'> {
  const { note, notePaint, progress } = terminal
  const all = new RunCount(terminal)
  let width = 0
  return {
    onStart(work) {
      all.start(work)
      width = Math.max(...work.cases.map((name) => name.length))
      note(`${notePaint.bold(`dyt ${command}`)}: ${workText(work)}, into ${out}`)
    },
    onStep(run, metrics, { steps, epochs }) {
      const { epoch, step, loss } = metrics
      const [measure] = taskNamed(run.settings.task).measures
      all.advance(run, step / steps)
      progress.update({
        job: run.path,
        label: `${run.number}/${all.total} ${run.case.name}, seed ${run.seed}, epoch ${epoch + 1}/${epochs}`,
        done: step,
        total: steps,
        ...scoreOfStep(metrics, measure),
        ...(typeof loss === 'number' && { loss }),
      })
    },
    onRun(run, end, again) {
      progress.done(run.path)
      all.end(run, !again && end.kind !== 'stopped')
      if (end.kind !== 'failed') return
      const failure = { case: run.case.name, seed: run.seed, error: end.message, log: run.log }
      note(`  failed${again ? ', once more' : ''}: ${failureText(failure)}`)
    },
    onCase: (row) => note(caseLine(row, width)),
    onPhase: (phase) => note(notePaint.dim(phase)),
  }
}

/** Progress of all runs together, as an additional live line if there are several. */
class RunCount {
  total = 0
  private ended = 0
  private readonly shares = new Map<PlannedRun, number>()

  constructor(private readonly terminal: Pick<Terminal, 'progress'>) {}

  start({ runs, finished }: ManyRunsWork): void {
    this.total = runs
    this.ended = finished
  }

  /** Reports the finished share of a run. */
  advance(run: PlannedRun, share: number): void {
    const { shares, ended, total } = this
    shares.set(run, share)
    const underWay = [...shares.values()].reduce((sum, each) => sum + each, 0)
    if (total < 2) return
    this.terminal.progress.update({
      job: 'all',
      label: `${ended}/${total} runs`,
      done: ended + underWay,
      total,
    })
  }

  /** Reports the end of a run; `counts` is false if it will be retried. */
  end(run: PlannedRun, counts: boolean): void {
    this.shares.delete(run)
    if (counts) this.ended++
    if (this.ended === this.total) this.terminal.progress.done('all')
  }
}

function workText({ runs, finished, jobs }: ManyRunsWork): string {
  const kept = finished > 0 ? `, ${finished} finished before` : ''
  const atOnce = jobs > 1 ? `, ${jobs} at a time` : ''
  return `${runs} ${runs === 1 ? 'run' : 'runs'}${kept}${atOnce}`
}

function caseLine(row: CaseRow, width: number): string {
  const measure = studyMeasure([row])
  const score = `${measure.title} ${scoreText(scoreOf(row, measure), measure)}`
  const active = row.activeRate < 1 ? `   ${formatPercent(row.activeRate, 0)} of the tokens active` : ''
  return `  ${row.case.padEnd(width)}   ${score}   ${formatDuration(row.seconds)} a run${active}`
}
