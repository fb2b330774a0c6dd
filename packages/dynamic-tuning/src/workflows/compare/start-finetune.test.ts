import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { tinyRun } from '../tiny-run.test.support.ts'
import { openRun } from '../tuned-run.ts'
import { type JobControl, startFinetune } from './start-finetune.ts'

const folder = mkdtempSync(join(tmpdir(), 'process-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)
const weights = (run: string): Buffer => readFileSync(join(at(run), 'adapter.safetensors'))

const whole = await tinyRun(folder, 'whole', { epochs: 30 })
const { settings } = openRun(at('whole'))
const start = (name: string, control: JobControl, more: object = {}) =>
  startFinetune(
    { input: { ...settings, ...more }, out: at(name), resume: 'resume' in more, log: at(`${name}.log`) },
    control,
  )

describe('startFinetune', () => {
  it('stops with a checkpoint, and goes on to the bits of a run that never stopped', async () => {
    const controller = new AbortController()
    const steps: number[] = []
    const stopped = await start('parts', {
      signal: controller.signal,
      onStep({ step }, total) {
        steps.push(step)
        expect(total).toEqual({ steps: 60, epochs: 30 })
        controller.abort()
      },
    })
    expect(stopped).toEqual({ kind: 'stopped' })
    expect(steps[0]).toBe(1)
    expect(steps.length).toBeLessThan(60)
    const job = { input: settings, out: at('parts'), resume: true, log: at('parts.log') }
    const end = await startFinetune(job, {})
    if (end.kind !== 'finished') throw new Error(JSON.stringify(end))
    const { accuracy, loss, flops } = whole.summary as NonNullable<typeof whole.summary>
    expect(end.summary).toMatchObject({ accuracy, loss, flops, run: at('parts') })
    expect(weights('parts').equals(weights('whole'))).toBe(true)
    expect(readFileSync(at('parts.log'), 'utf8')).toMatch(
      /compiling dyt\n[\s\S]*stopped\n[\s\S]*"epoch":29[\s\S]*finished\n$/,
    )
  })

  it('tells why a run failed, and keeps where it arose in the log', async () => {
    const end = await start('nowhere', {}, { data: at('no-data') })
    expect(end).toEqual({ kind: 'failed', message: expect.stringContaining(`there is no ${at('no-data')}.`) })
    expect(readFileSync(at('nowhere.log'), 'utf8')).toMatch(/DataError: [\s\S]* at /)
  })

  it('takes a process that is killed for a run that failed', async () => {
    let killed = false
    const end = await start(
      'killed',
      {
        onStep() {
          if (killed) return
          killed = true
          const lock = readFileSync(join(at('killed'), '.dynamic-tuning.lock'), 'utf8')
          process.kill((JSON.parse(lock) as { pid: number }).pid, 'SIGKILL')
        },
      },
      { epochs: 10_000 },
    )
    expect(end).toEqual({
      kind: 'failed',
      message: 'compare: the process of the run was ended by SIGKILL. Perhaps memory ran out. See its log.',
    })
  })
})
