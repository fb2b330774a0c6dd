import { describe, expect, it } from 'vitest'
import { plain } from './output.ts'
import { createProgress, type ProgressOptions, progressLine } from './progress.ts'
import { displayWidth } from './width.ts'

/** A display over a string and a clock that the test moves. */
function fake(isTTY: boolean, more: Partial<ProgressOptions> = {}) {
  const written: string[] = []
  const clock = { time: 0 }
  const output = { write: (text: string) => written.push(text), isTTY, columns: 60 }
  const progress = createProgress({ output, now: () => clock.time, environment: { NO_COLOR: '1' }, ...more })
  return { written, clock, progress }
}
const at = (done: number) => ({ label: 'epoch 1/2', done, total: 100, loss: 1.5 })

describe('createProgress on a terminal', () => {
  it('redraws one line, at most ten times a second, with the time left', () => {
    const { written, clock, progress } = fake(true)
    progress.update(at(0))
    clock.time = 0.05
    progress.update(at(5))
    clock.time = 2
    progress.update(at(10))
    expect(written).toEqual([
      `\r${'─'.repeat(20)} epoch 1/2 0 % · loss 1.500\u001b[K`,
      `\r━${'─'.repeat(9)} epoch 1/2 10 % · 18 s left · loss 1.500\u001b[K`,
    ])
  })
  it('prints lines above, draws again, and leaves nothing behind', () => {
    const { written, progress } = fake(true)
    progress.update(at(0))
    const line = written[0] as string
    progress.log('epoch 1: 50 %')
    progress.stop()
    progress.stop()
    expect(written.slice(1)).toEqual(['\r\u001b[K', 'epoch 1: 50 %\n', line, '\r\u001b[K'])
  })
  it('breaks lines that are longer than the terminal is wide', () => {
    const { written, progress } = fake(true)
    progress.log(`epoch 1 ${'word '.repeat(12)}`.trimEnd())
    expect(written).toEqual([`epoch 1 ${'word '.repeat(10).trimEnd()}\n  word word\n`])
  })
  it('counts the pace over the last half minute only', () => {
    const { written, clock, progress } = fake(true)
    for (let second = 0; second <= 60; second++) {
      clock.time = second
      // One a second for 30 s, then two a second: 90 at 60 s, 10 left take 5 s.
      progress.update(at(second <= 30 ? second : 30 + 2 * (second - 30)))
    }
    expect(written.at(-1)).toContain(' 90 % · 5.0 s left')
  })
})

describe('createProgress with several jobs', () => {
  const job = (name: string, done: number) => ({ job: name, label: name, done, total: 10 })
  const bar = '─'.repeat(20)

  it('keeps a line for each, and closes the gap of one that is done', () => {
    const { written, clock, progress } = fake(true)
    progress.update(job('a', 0))
    clock.time = 1
    progress.update(job('b', 0))
    progress.log('a note')
    progress.done('a')
    progress.done('never begun')
    progress.done('b')
    progress.stop()
    const [a, b] = ['a', 'b'].map((name) => `${bar} ${name} 0 %\u001b[K`)
    expect(written).toEqual([
      `\r${a}`,
      `\r${a}\n${b}`,
      '\u001b[1A\r\u001b[J',
      'a note\n',
      `\r${a}\n${b}`,
      `\u001b[1A\r${b}\u001b[J`,
      '\r\u001b[K',
    ])
  })

  it('tells the time left of each by its own pace', () => {
    const { written, clock, progress } = fake(true)
    for (const [time, slow, fast] of [
      [0, 0, 0],
      [2, 1, 4],
    ] as const) {
      clock.time = time
      progress.update(job('slow', slow))
      clock.time = time + 0.5
      progress.update(job('fast', fast))
    }
    expect(written.at(-1)).toMatch(/slow 10 % · 18 s left.*\n.*fast 40 % · 3\.0 s left/)
  })

  it('writes plain lines for each in its own time', () => {
    const { written, clock, progress } = fake(false)
    for (let second = 0; second <= 12; second += 4) {
      clock.time = second
      progress.update(job('a', second / 4))
      if (second > 0) progress.update(job('b', second / 4))
    }
    progress.update(job('b', 10))
    expect(written).toEqual(['a 30 % · 28 s left\n', 'b 100 %\n'])
  })
})

describe('createProgress elsewhere', () => {
  it('writes a plain line every ten seconds and at the end', () => {
    const { written, clock, progress } = fake(false)
    for (let second = 0; second <= 25; second++) {
      clock.time = second
      progress.update(at(second * 4))
    }
    expect(written).toEqual([
      'epoch 1/2 40 % · 15 s left · loss 1.500\n',
      'epoch 1/2 80 % · 5.0 s left · loss 1.500\n',
      'epoch 1/2 100 % · loss 1.500\n',
    ])
  })
  it('writes logged lines, and nothing when quiet', () => {
    const { written, progress } = fake(false)
    progress.log('done')
    progress.stop()
    expect(written).toEqual(['done\n'])
    for (const isTTY of [true, false]) {
      const silent = fake(isTTY, { quiet: true })
      silent.progress.update(at(100))
      silent.progress.log('x')
      silent.progress.stop()
      expect(silent.written).toEqual([])
    }
  })
})

describe('progressLine', () => {
  const state = {
    ...at(50),
    imagesPerSecond: 85.31,
    score: 'accuracy 78.1 %',
    activeRate: 0.51,
    memoryMB: 812,
  }
  it('shows everything where there is room', () => {
    expect(progressLine(state, 80, 130, plain)).toBe(
      `${'━'.repeat(10)}${'─'.repeat(10)} epoch 1/2 50 % · 1 min 20 s left · loss 1.500 · accuracy 78.1 % · active 51 % · 85.3 images/s · 812 MB`,
    )
  })
  it('drops the least wanted parts and never exceeds the width', () => {
    for (let columns = 1; columns <= 140; columns++) {
      expect(displayWidth(progressLine(state, 80, columns, plain))).toBeLessThanOrEqual(columns)
    }
    expect(progressLine(state, 80, 35, plain)).toBe('epoch 1/2 50 % · 1 min 20 s left')
  })
  it('survives an empty job', () => {
    expect(progressLine({ label: 'x', done: 0, total: 0 }, Number.NaN, 20, plain)).toBe(
      `${'─'.repeat(10)} x 0 %`,
    )
  })
})
