import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { valueIn } from '../../evaluation/measure.ts'
import type { FinetuneInput } from '../../run/settings/finetune-settings.ts'
import { tinyRun } from '../../run/tiny-run.test.support.ts'
import { openRun } from '../../run/tuned-run.ts'
import { accuracy } from '../../tasks/classification/measures.ts'
import { type JobControl, startFinetune } from './start-finetune.ts'

const folder = mkdtempSync(join(tmpdir(), 'process-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (...names: string[]): string => join(folder, ...names)
const weights = (run: string): Buffer => readFileSync(at(run, 'adapter.safetensors'))

const whole = await tinyRun(folder, 'whole', { epochs: 2 })
const { settings } = openRun(at('whole'))
const start = (input: FinetuneInput, name: string, control: JobControl, resume = false) =>
  startFinetune({ input, out: at(name), resume, log: at(`${name}.log`) }, control)
const endless = { ...settings, epochs: 100_000 }

describe('startFinetune', () => {
  it('stops with a checkpoint, and goes on to the bits of a run that never stopped', async () => {
    const stopped = await start(settings, 'parts', { signal: AbortSignal.abort() })
    expect(stopped).toEqual({ kind: 'stopped' })
    const totals: object[] = []
    const end = await start(settings, 'parts', { onStep: (_metrics, total) => totals.push(total) }, true)
    if (end.kind !== 'finished') throw new Error(JSON.stringify(end))
    const { loss, flops, ...found } = whole.summary as NonNullable<typeof whole.summary>
    expect(end.summary).toMatchObject({ accuracy: valueIn(found, accuracy), loss, flops, run: at('parts') })
    expect(weights('parts').equals(weights('whole'))).toBe(true)
    expect(totals).toEqual(new Array(4).fill({ steps: 4, epochs: 2 }))
    expect(readFileSync(at('parts.log'), 'utf8')).toMatch(
      /compiling dyt\n[\s\S]*stopped\n[\s\S]*"epoch":1[\s\S]*finished\n$/,
    )
  })

  it('stops a run that is under way', async () => {
    const controller = new AbortController()
    const steps: number[] = []
    const onStep: JobControl['onStep'] = ({ step }) => {
      steps.push(step)
      controller.abort()
    }
    expect(await start(endless, 'endless', { signal: controller.signal, onStep })).toEqual({
      kind: 'stopped',
    })
    expect(steps[0]).toBe(1)
    expect(existsSync(at('endless', 'checkpoint', 'state.safetensors'))).toBe(true)
  })

  it('takes a process that is killed for a run that failed', async () => {
    const onStep: JobControl['onStep'] = ({ step }) => {
      if (step > 1) return
      const lock = readFileSync(at('killed', '.dynamic-tuning.lock'), 'utf8')
      process.kill((JSON.parse(lock) as { pid: number }).pid, 'SIGKILL')
    }
    expect(await start(endless, 'killed', { onStep })).toEqual({
      kind: 'failed',
      crashed: true,
      message: 'run: its process was ended by SIGKILL. Perhaps memory ran out. See its log.',
    })
  })
})
