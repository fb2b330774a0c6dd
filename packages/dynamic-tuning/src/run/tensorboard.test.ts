import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readMetricLines } from '../io/run-metrics.ts'
import { stepOf } from '../io/tensorboard/event.ts'
import { eventFileName } from '../io/tensorboard/event-file.ts'
import { readRecords } from '../io/tensorboard/records.ts'
import { finetune } from './finetune.ts'
import { tinyRun } from './tiny-run.test.support.ts'

const folder = mkdtempSync(join(tmpdir(), 'tensorboard-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('finetune for TensorBoard', () => {
  it('writes an event for every line of the metrics that is part of a curve, also where the run was stopped and went on', async () => {
    const controller = new AbortController()
    const control = { out: join(folder, 'parts'), tensorboard: true, signal: controller.signal }
    await tinyRun(folder, 'none')
    const { settings } = await finetune(
      {
        ...{ data: 'builtin:nature', model: join(folder, 'tiny.safetensors'), method: 'linear' },
        ...{ trainSize: 48, testSize: 16, batch: 16, epochs: 2, workers: 0, threads: 1 },
      },
      { ...control, onStep: ({ step }) => step === 2 && controller.abort() },
    )
    expect((await finetune(settings, { out: control.out, resume: true })).summary).toBeDefined()
    const events = [...readRecords(readFileSync(join(control.out, eventFileName)))].map(({ data }) =>
      stepOf(data),
    )
    const all = readMetricLines(join(control.out, 'metrics.jsonl')) as { kind: string; step: number }[]
    const lines = all.filter(({ kind }) => kind !== 'features')
    expect(lines).toHaveLength(all.length - 1)
    // The first event is the file's version.
    expect(events).toEqual([0, ...lines.map(({ step }) => step)])
    expect(events).toEqual([0, 1, 2, 3, 3, 4, 5, 6, 6, 6])
  })
})
