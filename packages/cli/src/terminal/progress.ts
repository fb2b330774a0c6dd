import { formatDuration, formatMemory, formatPercent, formatRate } from './format.ts'
import { type Paint, paintFor, type TextOutput } from './output.ts'
import { cutToWidth, displayWidth, printable } from './width.ts'

/** Where a long job stands. */
export interface ProgressState {
  /** What runs, such as "epoch 3/20". */
  readonly label: string
  /** Units done and in all, over the whole job: the ETA counts to `total`. */
  readonly done: number
  readonly total: number
  readonly imagesPerSecond?: number
  readonly loss?: number
  /** Fraction from 0 to 1. */
  readonly accuracy?: number
  /** Share of active tokens, 0 to 1. */
  readonly activeRate?: number
  readonly memoryMB?: number
}

/** What a progress display needs from outside; every field has a default. */
export interface ProgressOptions {
  /** Default `process.stderr`: stdout carries only results. */
  readonly output?: TextOutput
  /** Seconds since any fixed moment. */
  readonly now?: () => number
  /** Say nothing at all. */
  readonly quiet?: boolean
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** A live progress line. */
export interface Progress {
  /** Shows the state, at most ten times a second on a terminal and every ten seconds elsewhere. */
  update(state: ProgressState): void
  /** Prints a line that stays, such as an epoch's result, above the live line. */
  log(line: string): void
  /** Removes the live line. Call it at the end and before an error is printed. */
  stop(): void
}

const redrawSeconds = 0.1
const plainSeconds = 10
const rateWindow = 30
const barLengths = [20, 10]

/** Progress on a terminal as one line redrawn in place; on a file or pipe as sparse lines of plain text. */
export function createProgress(options: ProgressOptions = {}): Progress {
  const output = options.output ?? process.stderr
  const now = options.now ?? (() => performance.now() / 1000)
  if (options.quiet) return { update() {}, log() {}, stop() {} }
  const live = output.isTTY === true
  const paint = paintFor(output, options.environment ?? process.env)
  const eta = remainingTime()
  let shownAt = live ? Number.NEGATIVE_INFINITY : now()
  let drawn = ''
  const draw = (text: string): void => {
    drawn = text
    // Back to the first column, the text, then erase what an older, longer line left behind.
    if (live) output.write(`\r${text}\u001b[K`)
  }
  return {
    update(state) {
      const time = now()
      const remaining = eta(time, state)
      const last = state.done >= state.total
      if (!last && time - shownAt < (live ? redrawSeconds : plainSeconds)) return
      shownAt = time
      if (live) draw(progressLine(state, remaining, (output.columns ?? 80) - 1, paint))
      else output.write(`${partsOf(state, remaining).join(' · ')}\n`)
    },
    log(line) {
      if (live && drawn) output.write('\r\u001b[K')
      output.write(`${line}\n`)
      if (live && drawn) draw(drawn)
      if (!live) shownAt = now()
    },
    stop() {
      if (live && drawn) output.write('\r\u001b[K')
      drawn = ''
    },
  }
}

/** Seconds left by the pace of the last half minute; NaN until two different moments were seen. */
function remainingTime(): (time: number, state: ProgressState) => number {
  let samples: { time: number; done: number }[] = []
  return (time, { done, total }) => {
    // A count that goes back means another job began.
    if (done < (samples.at(-1)?.done ?? 0)) samples = []
    samples.push({ time, done })
    while (samples.length > 2 && time - (samples[1] as { time: number }).time >= rateWindow) samples.shift()
    const first = samples[0] as { time: number; done: number }
    const pace = (done - first.done) / (time - first.time)
    return pace > 0 ? (total - done) / pace : Number.NaN
  }
}

/** The live line: as many parts as fit into `columns`, the first ones first, with a bar if there is room. */
export function progressLine(state: ProgressState, remaining: number, columns: number, paint: Paint): string {
  const [head, ...rest] = partsOf(state, remaining) as [string, ...string[]]
  let text = cutToWidth(head, columns)
  for (const part of rest) {
    if (displayWidth(`${text} · ${part}`) > columns) break
    text += ` · ${part}`
  }
  const room = columns - displayWidth(text) - 1
  const painted = text.split(' · ').join(paint.dim(' · '))
  // Two sizes only: a bar that followed every change of the text would flicker.
  const length = barLengths.find((candidate) => candidate <= room)
  return length ? `${bar(state.done / state.total, length, paint)} ${painted}` : painted
}

function bar(share: number, width: number, paint: Paint): string {
  const full = Math.round(Math.min(1, Math.max(0, share || 0)) * width)
  return paint.accent('━'.repeat(full)) + paint.dim('─'.repeat(width - full))
}

/** The parts of a line, the most wanted first. */
function partsOf(state: ProgressState, remaining: number): string[] {
  const { imagesPerSecond, loss, accuracy, activeRate, memoryMB } = state
  const share = state.total > 0 ? Math.floor((100 * state.done) / state.total) : 0
  const parts = [`${printable(state.label)} ${share} %`]
  if (state.done < state.total && Number.isFinite(remaining)) parts.push(`${formatDuration(remaining)} left`)
  if (loss !== undefined) parts.push(`loss ${loss.toFixed(3)}`)
  if (accuracy !== undefined) parts.push(`accuracy ${formatPercent(accuracy)}`)
  if (activeRate !== undefined) parts.push(`active ${formatPercent(activeRate, 0)}`)
  if (imagesPerSecond !== undefined) parts.push(`${formatRate(imagesPerSecond)} images/s`)
  if (memoryMB !== undefined) parts.push(formatMemory(memoryMB))
  return parts
}
