import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { finetune } from './finetune.ts'
import { tidyFinished } from './finish-run.ts'
import type { FinetuneSettings } from './settings/finetune-settings.ts'
import { tinyRun } from './tiny-run.test.support.ts'

const folder = mkdtempSync(join(tmpdir(), 'resume-'))
afterAll(() => rmSync(folder, { recursive: true }))
let settings: FinetuneSettings
beforeAll(async () => {
  ;({ settings } = await tinyRun(folder, 'whole', { method: 'linear', epochs: 2 }))
})
const bytes = (run: string, name = 'adapter.safetensors'): Buffer => readFileSync(join(run, name))
const resume = (out: string) => finetune({}, { out, resume: true })

type Line = Readonly<Record<string, unknown>>
const lines = (run: string): Line[] => {
  const all = bytes(run, 'metrics.jsonl').toString().trim().split('\n')
  return all.map((line): Line => JSON.parse(line))
}
/** The kind and step of every line. */
const kinds = (run: string): string[] => lines(run).map(({ kind, step }) => `${kind} ${step}`)

/** A copy of the finished run, without some of its files. */
function copy(name: string, ...missing: readonly string[]): string {
  const path = join(folder, name)
  cpSync(join(folder, 'whole'), path, { recursive: true })
  for (const file of missing) rmSync(join(path, file), { recursive: true })
  return path
}

function withoutResult(run: string): void {
  const kept = lines(run).filter(({ kind }) => kind !== 'result')
  writeFileSync(join(run, 'metrics.jsonl'), kept.map((line) => `${JSON.stringify(line)}\n`).join(''))
}

/** Everything is as in the run that was never stopped, and there once. */
function expectWhole(run: string): void {
  const whole = join(folder, 'whole')
  expect(readdirSync(run).sort()).toEqual(readdirSync(whole).sort())
  expect(bytes(run).equals(bytes(whole))).toBe(true)
  expect(kinds(run)).toEqual(kinds(whole))
  expect(bytes(run, 'report.html').toString()).toMatch(/<\/html>\s*$/)
}

describe('resuming', () => {
  it('tests and reports a run that was killed after training', async () => {
    const run = copy('untested', 'report.html')
    withoutResult(run)
    const { summary } = await resume(run)
    expectWhole(run)
    expect(summary).toMatchObject({ run, images: 24 })
  })

  it('writes the result last, so that a run killed before it gets its report again', async () => {
    const run = copy('unmarked')
    withoutResult(run)
    writeFileSync(join(run, 'report.html'), '<html>half')
    await resume(run)
    expectWhole(run)
  })

  it('makes a missing report again, from the result that is there', async () => {
    const run = copy('unreported', 'report.html')
    const result = lines(run).at(-1)
    const { steps, summary } = await resume(run)
    expect(steps).toBe(0)
    expectWhole(run)
    expect(lines(run).at(-1)).toEqual(result)
    expect(summary?.loss).toBe(result?.loss)
  })

  it('makes damaged weights again from the checkpoint', async () => {
    const run = copy('damaged')
    truncateSync(join(run, 'adapter.safetensors'), bytes(run).length - 4)
    await resume(run)
    expectWhole(run)
  })

  it('leaves a finished run alone, but for what a kill left behind', async () => {
    const run = copy('finished')
    cpSync(join(run, 'checkpoint'), join(run, 'cache'), { recursive: true })
    const before = bytes(run, 'report.html')
    await resume(run)
    expectWhole(run)
    expect(bytes(run, 'report.html').equals(before)).toBe(true)
  })

  it('is not needed to tidy up after a finished run', () => {
    const run = copy('untidy')
    cpSync(join(run, 'checkpoint'), join(run, 'cache'), { recursive: true })
    writeFileSync(join(run, 'report.html.123.tmp'), '<html>')
    writeFileSync(join(run, '.dynamic-tuning.lock'), '{"pid":1,"host":"elsewhere"}')
    tidyFinished(run)
    expect(existsSync(join(run, 'cache'))).toBe(true)
    rmSync(join(run, '.dynamic-tuning.lock'))
    tidyFinished(run)
    expectWhole(run)
  })

  it('begins at the first step where there is no checkpoint, and writes no line twice', async () => {
    const run = copy('early', 'checkpoint', 'adapter.safetensors', 'report.html')
    withoutResult(run)
    appendFileSync(join(run, 'metrics.jsonl'), '{"kind":"step","st')
    const told: string[] = []
    await finetune({}, { out: run, resume: true, onPhase: (phase) => told.push(phase) })
    expectWhole(run)
    expect(told.some((phase) => phase.startsWith('computing features'))).toBe(true)
    expect(kinds(run).filter((line) => line === 'features 0')).toHaveLength(1)
  })

  it('may follow a start that failed', async () => {
    const out = join(folder, 'second')
    const noDevice = { ...settings, device: 'nothing' as 'cuda' }
    await expect(finetune(noDevice, { out })).rejects.toThrow()
    const failing = { out, onPhase: (phase: string) => fail(phase) }
    const fail = (phase: string): void => {
      if (phase.startsWith('compiling')) throw new Error('no such device')
    }
    await expect(finetune(settings, failing)).rejects.toThrow('no such device')
    expect(existsSync(join(out, 'config.json'))).toBe(true)
    await finetune(settings, { out })
    expectWhole(out)
  })
})
