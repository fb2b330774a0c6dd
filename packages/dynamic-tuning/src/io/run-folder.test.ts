import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { RunError } from '../errors.ts'
import { createRunFolder, openRunFolder, untilFree } from './run-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'run-'))
afterAll(() => rmSync(root, { recursive: true }))
let count = 0
let path = ''
beforeEach(() => {
  path = join(root, 'deep', String(count++))
})

/** A run that has ended, with these metrics as text. */
function finished(metrics = ''): void {
  const run = createRunFolder(path)
  run.writeConfig({ command: 'finetune', seed: 3 })
  run.release()
  writeFileSync(join(path, 'metrics.jsonl'), metrics)
}

function failure(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof RunError) return error.message
    throw error
  }
  return 'nothing failed'
}

describe('a run folder', () => {
  it('keeps settings and metrics, and leaves no lock or other file behind', () => {
    const run = createRunFolder(path)
    run.writeConfig({ model: 'vit', formatVersion: 7, rate: 0.5 })
    run.appendMetric({ step: 1, loss: 0.1 + 0.2 })
    run.appendMetric({ step: 2, text: 'line\nbreak' })
    run.release()
    const reader = openRunFolder(path, { write: false })
    expect(reader.readConfig()).toEqual({ formatVersion: 1, model: 'vit', rate: 0.5 })
    expect(reader.readMetrics()).toEqual([
      { step: 1, loss: 0.1 + 0.2 },
      { step: 2, text: 'line\nbreak' },
    ])
    expect(readdirSync(path).sort()).toEqual(['config.json', 'metrics.jsonl'])
    expect(reader.adapterPath).toBe(join(path, 'adapter.safetensors'))
  })

  it('takes an empty folder but not one with files, nor a file', () => {
    finished('{"step":1}\n')
    expect(failure(() => createRunFolder(path))).toMatch(
      /is not empty, it holds config\.json, metrics\.jsonl\. Choose/,
    )
    rmSync(join(path, 'config.json'))
    rmSync(join(path, 'metrics.jsonl'))
    createRunFolder(path).release()
    writeFileSync(join(path, 'plain'), '')
    expect(failure(() => createRunFolder(join(path, 'plain')))).toMatch(/cannot make .*plain, got EEXIST/)
    expect(failure(() => createRunFolder(join(path, 'plain', 'below')))).toMatch(
      /cannot make .*below, got ENOTDIR/,
    )
  })

  it('resumes a run, with a checkpoint or without, and says what is none', () => {
    finished()
    const run = createRunFolder(path, { resume: true })
    expect(run.loadCheckpoint()).toBeUndefined()
    run.release()
    expect(failure(() => createRunFolder(join(path, 'none'), { resume: true }))).toMatch(/not a run folder/)
    rmSync(join(path, 'config.json'))
    rmSync(join(path, 'metrics.jsonl'))
    writeFileSync(join(path, 'config.json.123.tmp'), '{"mod')
    expect(failure(() => createRunFolder(path, { resume: true }))).toMatch(
      /holds no run yet, it was stopped before anything was saved\. Start it again without resuming\.$/,
    )
  })

  it('starts again where a run failed or was killed before its first step, without a trace of it', () => {
    const start = (): string[] => {
      createRunFolder(path).release()
      return readdirSync(path)
    }
    createRunFolder(path).release()
    writeFileSync(join(path, 'config.json.123.tmp'), '{"mod')
    expect(start()).toEqual([])
    writeFileSync(join(path, 'events.out.tfevents.dynamic-tuning'), '')
    expect(start()).toEqual([])
    finished('{"kind":"features","step":0}\n')
    mkdirSync(join(path, 'cache'))
    mkdirSync(join(path, 'checkpoint'))
    writeFileSync(join(path, 'checkpoint', 'state.safetensors.123.tmp'), 'half')
    expect(start()).toEqual([])
  })

  it.each([
    ['a step', 'metrics.jsonl', '{"kind":"step","step":1}\n'],
    ['damaged metrics', 'metrics.jsonl', 'oops\n{}\n'],
    ['another file', 'notes.txt', 'mine'],
    ['a checkpoint', 'checkpoint', ''],
    ['settings that are not of a run', 'config.json', '{"formatVersion":1}'],
  ])('does not start where there is %s', (_, name, text) => {
    finished()
    if (name === 'checkpoint') {
      mkdirSync(join(path, name))
      writeFileSync(join(path, name, 'state.safetensors'), '')
    } else writeFileSync(join(path, name), text)
    const before = readdirSync(path)
    expect(failure(() => createRunFolder(path))).toMatch(/is not empty, it holds /)
    expect(readdirSync(path)).toEqual(before)
  })

  it.each<[string, string, RegExp]>([
    ['of a later version', '{"formatVersion": 2}', /format version 2, this library reads version 1/],
    ['without a version', '{}', /format version none/],
    ['that is no object', '3', /format version none/],
    ['that is damaged', '{"formatVersion": 1', /config\.json is not JSON/],
  ])('refuses settings %s', (_, text, message) => {
    finished()
    writeFileSync(join(path, 'config.json'), text)
    expect(failure(() => openRunFolder(path, { write: true }))).toMatch(message)
    expect(failure(() => openRunFolder(path, { write: false }))).toMatch(message)
  })

  it('is rid of what a killed writer left behind once the next one opens it', () => {
    finished()
    mkdirSync(join(path, 'checkpoint'))
    const left = [join(path, 'config.json.123.tmp'), join(path, 'checkpoint', 'state.safetensors.123.tmp')]
    for (const file of left) writeFileSync(file, 'half')
    openRunFolder(path, { write: false })
    expect(left.every((file) => existsSync(file))).toBe(true)
    openRunFolder(path, { write: true }).release()
    expect(left.some((file) => existsSync(file))).toBe(false)
  })

  it('says what is not a run folder, and does not write when open for reading', () => {
    expect(failure(() => openRunFolder(path, { write: true }))).toMatch(
      /is not a run folder, it has no config\.json/,
    )
    finished()
    const reader = openRunFolder(path, { write: false })
    expect(failure(() => reader.appendMetric({}))).toMatch(/opened for reading/)
    expect(failure(() => reader.writeConfig({}))).toMatch(/opened for reading/)
    expect(failure(() => reader.truncateMetricsAfter(0))).toMatch(/opened for reading/)
  })
})

describe('metrics of a run', () => {
  const line = (step: number): string => `{"step":${step},"loss":0.25}\n`

  it('survive a last line cut by a crash, on reading and on writing on', () => {
    finished(`${line(1)}${line(2)}{"step":3,"lo`)
    const steps = [
      { step: 1, loss: 0.25 },
      { step: 2, loss: 0.25 },
    ]
    expect(openRunFolder(path, { write: false }).readMetrics()).toEqual(steps)
    const run = openRunFolder(path, { write: true })
    run.appendMetric({ step: 3 })
    expect(run.readMetrics()).toEqual([...steps, { step: 3 }])
    run.release()
  })

  it('lose nothing and block nobody when they are damaged', () => {
    finished('oops\n{}\n')
    expect(failure(() => openRunFolder(path, { write: true }))).toMatch(/line 1 of/)
    expect(readdirSync(path).sort()).toEqual(['config.json', 'metrics.jsonl'])
    expect(readFileSync(join(path, 'metrics.jsonl'), 'utf8')).toBe('oops\n{}\n')
  })

  it('keep a last line that only lacks its end', () => {
    finished(`${line(1)}{"step":2}`)
    const run = openRunFolder(path, { write: true })
    run.appendMetric({ step: 3 })
    run.release()
    expect(readFileSync(join(path, 'metrics.jsonl'), 'utf8')).toBe(`${line(1)}{"step":2}\n{"step":3}\n`)
  })

  it('lose what is later than the checkpoint', () => {
    finished(`{"event":"start"}\n${line(1)}${line(2)}${line(3)}${line(2)}`)
    const run = openRunFolder(path, { write: true })
    run.truncateMetricsAfter(2)
    run.release()
    expect(readFileSync(join(path, 'metrics.jsonl'), 'utf8')).toBe(
      `{"event":"start"}\n${line(1)}${line(2)}${line(2)}`,
    )
  })

  it('name a damaged line in the middle', () => {
    finished(`${line(1)}oops\n${line(2)}`)
    expect(failure(() => openRunFolder(path, { write: false }).readMetrics())).toMatch(
      /line 2 of .*metrics\.jsonl is not a JSON object, got oops/,
    )
  })

  it.skipIf(!existsSync('/dev/full'))('tell of a full disk (skipped without /dev/full)', () => {
    const run = createRunFolder(path)
    symlinkSync('/dev/full', join(path, 'metrics.jsonl'))
    expect(failure(() => run.appendMetric({ step: 1 }))).toMatch(
      /cannot append to .*metrics\.jsonl, got ENOSPC/,
    )
    run.release()
  })
})

describe('two processes on one run folder', () => {
  const lock = (): string => join(path, '.dynamic-tuning.lock')
  const holdLock = (owner: object): void =>
    writeFileSync(lock(), JSON.stringify({ host: hostname(), ...owner }))

  it('are one too many, whichever way the second comes', () => {
    const run = createRunFolder(path)
    const inUse = new RegExp(`is in use by process ${process.pid}\\.`)
    expect(failure(() => createRunFolder(path))).toMatch(inUse)
    run.writeConfig({})
    expect(failure(() => createRunFolder(path))).toMatch(inUse)
    expect(failure(() => openRunFolder(path, { write: true }))).toMatch(inUse)
    expect(failure(() => createRunFolder(path, { resume: true }))).toMatch(inUse)
    expect(openRunFolder(path, { write: false }).readConfig()).toEqual({ formatVersion: 1 })
    run.release()
    run.release()
    openRunFolder(path, { write: true }).release()
    expect(failure(() => run.appendMetric({}))).toMatch(/opened for reading/)
  })

  it('names a living process and takes over from a dead one', async () => {
    finished()
    const other: ChildProcess = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    holdLock({ pid: other.pid })
    expect(failure(() => openRunFolder(path, { write: true }))).toContain(`in use by process ${other.pid}.`)
    const ended = new Promise((resolve) => other.once('exit', resolve))
    other.kill('SIGKILL')
    await ended
    openRunFolder(path, { write: true }).release()
    expect(readdirSync(path).sort()).toEqual(['config.json', 'metrics.jsonl'])
  })

  it.skipIf(!existsSync('/proc/self/stat'))(
    'knows a process from a later one with the same id (skipped without /proc)',
    () => {
      finished()
      holdLock({ pid: process.pid, started: 'another boot/12345' })
      openRunFolder(path, { write: true }).release()
    },
  )

  it('can be waited for: until the process ends, the time is up, or the wait is stopped', async () => {
    finished()
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    holdLock({ pid: other.pid })
    await untilFree(path, 0)
    await untilFree(path, 100, AbortSignal.abort())
    expect(failure(() => openRunFolder(path, { write: true }))).toContain(`in use by process ${other.pid}.`)
    const ended = new Promise((resolve) => other.once('exit', resolve))
    setTimeout(() => other.kill('SIGKILL'), 200)
    await untilFree(path, 100)
    expect(other.signalCode ?? 'SIGKILL').toBe('SIGKILL')
    await ended
    openRunFolder(path, { write: true }).release()
    await untilFree(join(path, 'nothing'), 100)
  })

  it('does not judge processes of another machine, and takes over a lock that cannot be read', () => {
    finished()
    holdLock({ pid: 1, host: 'elsewhere' })
    expect(failure(() => openRunFolder(path, { write: true }))).toMatch(
      /in use by process 1 on elsewhere\. If that has ended, delete .*dynamic-tuning\.lock/,
    )
    writeFileSync(lock(), '{"pid"')
    openRunFolder(path, { write: true }).release()
  })

  it('does not remove the lock of another process when it releases its own', () => {
    const run = createRunFolder(path)
    holdLock({ pid: 1, host: 'elsewhere' })
    run.release()
    expect(readFileSync(lock(), 'utf8')).toContain('elsewhere')
  })

  it('counts a folder that holds nothing but the lock of a dead process as empty', () => {
    createRunFolder(path).release()
    const dead = spawnSync(process.execPath, ['-e', '']).pid
    holdLock({ pid: dead })
    createRunFolder(path).release()
  })
})
