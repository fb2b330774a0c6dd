import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { RunError } from '../errors.ts'
import { tinyRun } from './tiny-run.test.support.ts'
import { openRun } from './tuned-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'run-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('config.json of a run', () => {
  it('with an unknown task is refused in one sentence that names both', async () => {
    await tinyRun(folder, 'run', { method: 'linear' })
    const path = join(folder, 'run', 'config.json')
    const config = JSON.parse(readFileSync(path, 'utf8'))
    expect(config.settings).not.toHaveProperty('task')
    writeFileSync(path, JSON.stringify({ ...config, settings: { ...config.settings, task: 'telepathy' } }))
    expect(() => openRun(join(folder, 'run'))).toThrow(RunError)
    expect(() => openRun(join(folder, 'run'))).toThrow(
      /^run: config\.json of \S+ names the task telepathy, expected one of classification/,
    )
  })
})
