import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { saveCheckpointFile } from '../../io/checkpoint.ts'
import { drawWeights } from '../../models/backbone.ts'
import { tinyVit } from '../../run/tiny-run.test.support.ts'
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
