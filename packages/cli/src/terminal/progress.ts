import { formatDuration, formatMemory, formatPercent, formatRate } from 'dynamic-tuning/report'
import { type Paint, paintFor, type TextOutput } from './output.ts'
import { cutToWidth, displayWidth, printable } from './width.ts'
import { fitted } from './wrap.ts'

/** State of a long job. */
export interface ProgressState {
  /** Current activity, such as "epoch 3/20". */
  readonly label: string
  /** Name of the job, if several run at a time; each has its own line. */
  readonly job?: string
  /** Finished and total units of the whole job; the ETA is for `total`. */
  readonly done: number
  readonly total: number
  readonly imagesPerSecond?: number
  readonly loss?: number
  /** The task's measure, ready to print: `mean IoU 78.1 %`. */
  readonly score?: string
  /** Share of active tokens, 0 to 1. */
  readonly activeRate?: number
  readonly memoryMB?: number
}

/** Dependencies of a progress display; every field has a default. */
export interface ProgressOptions {
  /** Default `process.stderr`: stdout is for results only. */
  readonly output?: TextOutput
  /** Seconds since any fixed moment. */
  readonly now?: () => number
  /** True to print nothing. */
  readonly quiet?: boolean
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** A live progress line, or one for each of several jobs. */
export interface Progress {
  /** Shows the state, at most ten times a second on a terminal and every ten seconds elsewhere. */
  update(state: ProgressState): void
  /** Removes the line of a job. */
  done(job: string): void
  /** Prints a line that stays, such as an epoch's result, above the live lines. */
  log(line: string): void
  /** Removes the live lines. Call it at the end and before an error is printed. */
  stop(): void
}

const redrawSeconds = 0.1
const plainSeconds = 10
const rateWindow = 30
const barLengths = [20, 10]

/** Progress as lines redrawn in place on a terminal, or as sparse lines of plain text in a file or pipe. */
export function createProgress(options: ProgressOptions = {}): Progress {
  const output = options.output ?? process.stderr
  const now = options.now ?? (() => performance.now() / 1000)
  if (options.quiet) return { update() {}, done() {}, log() {}, stop() {} }
  if (output.isTTY !== true) return plainProgress(output, now)
  return liveProgress(output, now, paintFor(output, options.environment ?? process.env))
}

/** Lines at the bottom of a terminal that are redrawn in place. */
class LiveLines {
  private readonly lines = new Map<string, string>()
  /** Number of lines on the terminal; the cursor is in the last one. */
  private height = 0

  constructor(private readonly output: TextOutput) {}

  set(job: string, line: string): void {
    this.lines.set(job, line)
  }

  draw(): void {
    // Each line's text, then what an older, longer one left behind; at the end, lines of jobs that are done.
    const text = [...this.lines.values()].map((line) => `${line}\u001b[K`).join('\n')
    this.output.write(`${this.top()}${text}${this.lines.size < this.height ? '\u001b[J' : ''}`)
    this.height = this.lines.size
  }

  /** Erases the lines from the terminal; true if there were any. */
  erase(): boolean {
    const shown = this.height > 0
    if (shown) this.output.write(`${this.top()}\u001b[${this.height > 1 ? 'J' : 'K'}`)
    this.height = 0
    return shown
  }

  remove(job: string): void {
    if (!this.lines.delete(job) || this.height === 0) return
    if (this.lines.size > 0) this.draw()
    else this.erase()
  }

  clear(): void {
    this.erase()
    this.lines.clear()
  }

  private top(): string {
    return this.height > 1 ? `\u001b[${this.height - 1}A\r` : '\r'
  }
}

function liveProgress(output: TextOutput, now: () => number, paint: Paint): Progress {
  const times = new JobTimes()
  const lines = new LiveLines(output)
  let shownAt = Number.NEGATIVE_INFINITY
  return {
    update(state) {
      const time = now()
      const remaining = times.remaining(time, state)
      lines.set(jobOf(state), progressLine(state, remaining, (output.columns ?? 80) - 1, paint))
      if (state.done < state.total && time - shownAt < redrawSeconds) return
      shownAt = time
      lines.draw()
    },
    done: (job) => lines.remove(job),
    log(line) {
      const shown = lines.erase()
      output.write(`${fitted(line, output.columns)}\n`)
      if (shown) lines.draw()
    },
    stop: () => lines.clear(),
  }
}

function plainProgress(output: TextOutput, now: () => number): Progress {
  const times = new JobTimes()
  const shownAt = new Map<string, number>()
  return {
    update(state) {
      const time = now()
      const remaining = times.remaining(time, state)
      const job = jobOf(state)
      const last = shownAt.get(job)
      if (last === undefined) shownAt.set(job, time)
      if (state.done < state.total && time - (last ?? time) < plainSeconds) return
      shownAt.set(job, time)
      output.write(`${partsOf(state, remaining).join(' · ')}\n`)
    },
    done: (job) => void shownAt.delete(job),
    log(line) {
      output.write(`${line}\n`)
      for (const job of shownAt.keys()) shownAt.set(job, now())
    },
    stop() {},
  }
}

const jobOf = ({ job = '' }: ProgressState): string => job

/** Estimates the seconds left of every job. */
class JobTimes {
  private readonly jobs = new Map<string, ReturnType<typeof remainingTime>>()

  remaining(time: number, state: ProgressState): number {
    const job = this.jobs.get(jobOf(state)) ?? remainingTime()
    this.jobs.set(jobOf(state), job)
    return job(time, state)
  }
}

/** Seconds left by the pace of the last half minute; NaN until two different moments were seen. */
function remainingTime(): (time: number, state: ProgressState) => number {
  let samples: { time: number; done: number }[] = []
  return (time, { done, total }) => {
    // A decreasing count means that another job has begun.
    if (done < (samples.at(-1)?.done ?? 0)) samples = []
    samples.push({ time, done })
    // Keep one sample older than the window, so that the pace covers the whole window.
    samples = samples.slice(
      Math.max(
        0,
        samples.findLastIndex((each) => time - each.time >= rateWindow),
      ),
    )
    const [first = { time, done }] = samples
    const pace = (done - first.done) / (time - first.time)
    return pace > 0 ? (total - done) / pace : Number.NaN
  }
}

/** The live line: as many parts as fit into `columns`, in order of importance, and a bar if there is room. */
export function progressLine(state: ProgressState, remaining: number, columns: number, paint: Paint): string {
  const [head = '', ...rest] = partsOf(state, remaining)
  let text = cutToWidth(head, columns)
  for (const part of rest) {
    if (displayWidth(`${text} · ${part}`) > columns) break
    text += ` · ${part}`
  }
  const room = columns - displayWidth(text) - 1
  const painted = text.split(' · ').join(paint.dim(' · '))
  // Only two lengths: a bar that changed with every text would flicker.
  const length = barLengths.find((candidate) => candidate <= room)
  return length ? `${bar(state.done / state.total, length, paint)} ${painted}` : painted
}

function bar(share: number, width: number, paint: Paint): string {
  const full = Math.round(Math.min(1, Math.max(0, share || 0)) * width)
  return paint.accent('━'.repeat(full)) + paint.dim('─'.repeat(width - full))
}

/** The parts of a line in order of importance. */
function partsOf(state: ProgressState, remaining: number): string[] {
  const { imagesPerSecond, loss, score, activeRate, memoryMB } = state
  const share = state.total > 0 ? Math.floor((100 * state.done) / state.total) : 0
  const parts = [`${printable(state.label)} ${share} %`]
  if (state.done < state.total && Number.isFinite(remaining)) parts.push(`${formatDuration(remaining)} left`)
  if (loss !== undefined) parts.push(`loss ${loss.toFixed(3)}`)
  if (score !== undefined) parts.push(score)
  if (activeRate !== undefined) parts.push(`active ${formatPercent(activeRate, 0)}`)
  if (imagesPerSecond !== undefined) parts.push(`${formatRate(imagesPerSecond)} images/s`)
  if (memoryMB !== undefined) parts.push(formatMemory(memoryMB))
  return parts
}
