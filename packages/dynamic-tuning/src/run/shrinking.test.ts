import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../errors.ts'
import { openRunFolder } from '../io/run-folder.ts'
import { finetune } from './finetune.ts'
import { checkFinetune } from './settings/check-finetune.ts'
import { tinyRun } from './tiny-run.test.support.ts'

const folder = mkdtempSync(join(tmpdir(), 'shrinking-'))
afterAll(() => rmSync(folder, { recursive: true }))

const at = (name: string): string => join(folder, name)
const losses = (name: string): number[] => {
  const lines = openRunFolder(at(name), { write: false }).readMetrics() as { kind: string; loss: number }[]
  return lines.filter(({ kind }) => kind === 'step').map(({ loss }) => loss)
}
const bytes = (name: string): Buffer => readFileSync(join(at(name), 'adapter.safetensors'))

/** Two steps an epoch. */
const common = { method: 'adaptformer', epochs: 3, warmupEpochs: 0 } as const
const evit = { ...common, reduction: 'evit', keepRate: 0.5, reductionLayers: [0, 1] } as const
const shrinking = { ...evit, shrinkStartEpoch: 1, shrinkEpochs: 1 } as const

describe('EViT with a shrinking keep rate', () => {
  it('trains on all tokens at first, then on fewer, and resumes to the same bits', async () => {
    await tinyRun(folder, 'all tokens', common)
    const { settings } = await tinyRun(folder, 'shrinking', shrinking)
    await tinyRun(folder, 'at once', evit)
    const [all, falls, few] = ['all tokens', 'shrinking', 'at once'].map(losses) as [
      number[],
      number[],
      number[],
    ]
    // The rate is 1 at steps 0 to 2, 0.75 at step 3, then 0.5.
    expect(falls.slice(0, 3)).toEqual(all.slice(0, 3))
    expect(falls[3]).not.toBeCloseTo(all[3] ?? 0, 6)
    expect(few[0]).not.toBeCloseTo(all[0] ?? 0, 6)
    for (const step of [2, 4]) {
      const stop = new AbortController()
      const onStep = (metrics: { step: number }) => metrics.step === step && stop.abort()
      await finetune(settings, { out: at(`parts ${step}`), signal: stop.signal, onStep })
      await finetune({}, { out: at(`parts ${step}`), resume: true })
      expect(bytes(`parts ${step}`)).toEqual(bytes('shrinking'))
      expect(losses(`parts ${step}`)).toEqual(falls)
    }
  })

  it('is refused for other reductions, and where features are to be computed once', async () => {
    expect(() => checkFinetune({ data: 'd', shrinkEpochs: 3 })).toThrow(ConfigError)
    expect(() =>
      checkFinetune({ data: 'd', reduction: 'dynamicvit', method: 'linear', shrinkStartEpoch: 3 }),
    ).toThrow('shrinkEpochs and shrinkStartEpoch are for reduction evit')
    const cached = tinyRun(folder, 'cached', { ...shrinking, cacheFeatures: 1e8 })
    await expect(cached).rejects.toThrow('the kept tokens change')
  })
})
