import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigError, RunError } from '../../errors.ts'
import { tinyRun } from '../../run/tiny-run.test.support.ts'
import { openRun } from '../../run/tuned-run.ts'
import { runState } from './run-state.ts'

const folder = mkdtempSync(join(tmpdir(), 'state-'))
afterAll(() => rmSync(folder, { recursive: true }))
const { summary } = await tinyRun(folder, 'linear', { method: 'linear' })
const { settings } = openRun(join(folder, 'linear'))

/** The finished run without some of its files. */
function cut(name: string, ...missing: readonly string[]): string {
  const path = join(folder, name)
  cpSync(join(folder, 'linear'), path, { recursive: true })
  for (const file of missing) rmSync(join(path, file), { recursive: true })
  return path
}

describe('runState', () => {
  it('tells how far a run has come', () => {
    expect(runState(join(folder, 'linear'), settings)).toEqual(summary)
    expect(runState(join(folder, 'nothing'), settings)).toBe('new')
    mkdirSync(join(folder, 'empty'))
    expect(runState(join(folder, 'empty'), settings)).toBe('new')
    expect(runState(cut('killed', 'config.json'), settings)).toBe('new')
    expect(runState(cut('untested', 'metrics.jsonl'), settings)).toBe('stopped')
    expect(runState(cut('half', 'adapter.safetensors'), settings)).toBe('stopped')
    expect(runState(cut('begun', 'adapter.safetensors', 'checkpoint'), settings)).toBe('stopped')
    expect(runState(cut('unreported', 'report.html'), settings)).toBe('stopped')
    const short = cut('short')
    truncateSync(join(short, 'adapter.safetensors'), statSync(join(short, 'adapter.safetensors')).size - 1)
    expect(runState(short, settings)).toBe('stopped')
  })

  it('does not mind other settings where a run failed before its first step', () => {
    const files = ['metrics.jsonl', 'adapter.safetensors', 'report.html', 'checkpoint']
    expect(runState(cut('failed', ...files), { ...settings, epochs: 2 })).toBe('new')
    expect(runState(join(folder, 'failed'), settings)).toBe('stopped')
  })

  it('refuses a run with other settings; threads and device may change', () => {
    const path = join(folder, 'linear')
    expect(() => runState(path, { ...settings, epochs: 2 })).toThrow(ConfigError)
    expect(() => runState(path, { ...settings, epochs: 2 })).toThrow(
      `run: ${path} was run with epochs 1, now it is 2. `,
    )
    expect(() => runState(path, { ...settings, seed: 1 })).toThrow('seed 0, now it is 1')
    expect(runState(path, { ...settings, threads: 7, workers: 3, device: 'cuda' })).toEqual(summary)
  })

  it('names what is no run', () => {
    const path = cut('strange')
    writeFileSync(join(path, 'config.json'), '{"formatVersion": 1, "command": "pretrain"}')
    expect(() => runState(path, settings)).toThrow(RunError)
  })
})
