import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { saveCheckpointFile } from '../../io/checkpoint.ts'
import { drawWeights } from '../../models/backbone.ts'
import { vitConfig } from '../../models/vit-config.ts'
import { completeFinetune } from '../finetune-settings.ts'
import { tinyVit } from '../tiny-run.test.support.ts'
import { correctedMB, expectedMemoryMB } from './expected-memory.ts'
import { type PlannedRun, planRuns } from './plan-runs.ts'
import { runAll } from './run-all.ts'
import { planCase } from './run-case.ts'

const folder = mkdtempSync(join(tmpdir(), 'runs-'))
afterAll(() => rmSync(folder, { recursive: true }))
const model = join(folder, 'tiny.safetensors')
saveCheckpointFile(model, { tensors: drawWeights(tinyVit, 1), config: tinyVit })
const input = {
  ...{ data: 'builtin:nature', model, method: 'linear', epochs: 2 },
  ...{ trainSize: 32, testSize: 16, batch: 16, workers: 0, threads: 1 },
}

describe('runAll', { timeout: 400_000 }, () => {
  it('begins a run again whose process was killed, but not one that its settings make fail', async () => {
    const cases = [
      planCase('x', { name: 'killed' }, input),
      planCase('x', { name: 'diverges', learningRate: 1e38, warmupEpochs: 0 }, input),
    ]
    const out = join(folder, 'out')
    const { runs } = await planRuns({ where: 'x', cases, seeds: [0], out, jobs: 1 })
    for (const { path } of runs) mkdirSync(path, { recursive: true })
    const told: string[] = []
    let kills = 0
    const killOnce = (run: PlannedRun): void => {
      if (run.case.name !== 'killed' || kills++ > 0) return
      const lock = readFileSync(join(run.path, '.dynamic-tuning.lock'), 'utf8')
      process.kill((JSON.parse(lock) as { pid: number }).pid, 'SIGKILL')
    }
    const ends = await runAll(runs, ['new', 'new'], {
      ...{ out, jobs: 1, retries: 1 },
      onStep: killOnce,
      onRun: (run, end, again) => told.push(`${run.case.name} ${end.kind}${again ? ' again' : ''}`),
    })
    expect(told).toEqual(['killed failed again', 'killed finished', 'diverges failed'])
    const kinds = [...(ends ?? [])].map(([run, end]) => [run.case.name, end.kind])
    expect(kinds).toEqual([
      ['killed', 'finished'],
      ['diverges', 'failed'],
    ])
  })
})

describe('expectedMemoryMB', () => {
  it('is near what was measured for ViT-B/16', () => {
    const config = vitConfig('vit_base_patch16_224', 10)
    const asked = { data: 'builtin:nature', bottleneck: 64, microBatch: 8 }
    const settings = completeFinetune(asked, { config, augment: 'none' })
    // A training step of Dynamic Tuning with eight images a pass takes 3.7 GB.
    const expected = expectedMemoryMB(settings, config)
    expect(expected).toBeGreaterThan(0.75 * 3.7 * 1024)
    expect(expected).toBeLessThan(1.25 * 3.7 * 1024)
    const probe = expectedMemoryMB({ ...settings, method: 'linear', dispatch: 'none' }, config)
    expect(probe).toBeLessThan(0.5 * expected)
  })

  it('learns from runs that ended', () => {
    expect(correctedMB(1000, [])).toBe(1000)
    expect(
      correctedMB(1000, [
        { expectedMB: 400, peakMB: 300 },
        { expectedMB: 400, peakMB: 600 },
      ]),
    ).toBe(1500)
  })
})
