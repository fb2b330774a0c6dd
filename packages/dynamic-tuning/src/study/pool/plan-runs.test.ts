import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../errors.ts'
import { planComparison } from '../compare/plan.ts'
import { defaultJobs, shareResources } from './concurrency.ts'
import { planRuns } from './plan-runs.ts'

describe('planRuns', () => {
  const plan = planComparison({
    data: 'builtin:orientation',
    methods: ['linear', 'dyt'],
    seeds: [3, 5],
    epochs: 2,
    trainSize: 40,
    testSize: 20,
  })

  it('lists the seeds of one case after the other, with all settings settled', async () => {
    const { runs, refused } = await planRuns({ where: 'compare', ...plan, out: 'out', jobs: 2 })
    expect(refused).toEqual([])
    expect(runs.map(({ path }) => path)).toEqual(
      ['linear/seed3', 'linear/seed5', 'dyt-r0.5/seed3', 'dyt-r0.5/seed5'].map((name) =>
        join('out', 'cases', name),
      ),
    )
    expect(runs[3]).toMatchObject({
      number: 4,
      seed: 5,
      log: join('out', 'cases', 'dyt-r0.5', 'seed5.log'),
      input: { method: 'dyt', rate: 0.5, seed: 5, epochs: 2 },
      settings: { method: 'dyt', rate: 0.5, seed: 5, epochs: 2, imageSize: [64, 64], warmupEpochs: 0.2 },
    })
  })

  it('settles cases of clips, each with its own frames', async () => {
    const cases = [{ name: 'few', frames: 2 }, { name: 'more', frames: 4 }, { name: 'usual' }]
    const clips = planComparison({ data: 'builtin:motion', cases, microBatch: 2, epochs: 1 })
    const { runs } = await planRuns({ where: 'compare', ...clips, out: 'out', jobs: 1 })
    expect(runs.map(({ settings }) => settings.frames)).toEqual([2, 4, 8])
    expect(runs[0]?.settings).toMatchObject({ augment: 'none', resize: 'crop', sampling: 'uniform' })
    const [few, more, usual] = runs.map(({ expectedMB }) => expectedMB) as [number, number, number]
    // Activations grow in proportion to the frames of a micro-batch.
    expect((usual - more) / (more - few)).toBeCloseTo(2, 1)
    const images = planComparison({ data: plan.data, cases: [{ name: 'clips', frames: 2 }] })
    await expect(planRuns({ where: 'compare', ...images, out: 'out', jobs: 1 })).rejects.toThrow(
      /frames is 2, but builtin:orientation holds images/,
    )
  })

  it('names the case that does not fit the backbone', async () => {
    const cases = [{ name: 'small' }, { name: 'odd', imageSize: [33, 33] as const }]
    const odd = planComparison({ data: plan.data, cases })
    const failure = await planRuns({ where: 'compare', ...odd, out: 'out', jobs: 1 }).catch((error) => error)
    expect(failure).toBeInstanceOf(ConfigError)
    expect(failure.message).toMatch(/^compare: case "odd": .*33 x 33 are no multiple of the patch/)
  })
})

describe('shares of a machine', () => {
  it('are whole threads, at least one', () => {
    expect([1, 2, 3, 16].map((cores) => defaultJobs('cpu', cores))).toEqual([1, 1, 1, 8])
    expect(defaultJobs('cuda', 16)).toBe(1)
    expect(shareResources(1, {}, 8)).toEqual({ threads: 0 })
    expect(shareResources(1, { threads: 3, workers: 2 }, 8)).toEqual({ threads: 3, workers: 2 })
    expect(shareResources(2, {}, 8)).toEqual({ threads: 4, workers: 3 })
    expect(shareResources(3, { threads: 6, workers: 0 }, 8)).toEqual({ threads: 2, workers: 0 })
    expect(shareResources(9, { workers: 4 }, 8)).toEqual({ threads: 1, workers: 1 })
  })
})
