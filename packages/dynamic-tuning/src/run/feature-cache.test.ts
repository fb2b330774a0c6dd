import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../errors.ts'
import { valueIn } from '../evaluation/measure.ts'
import { openRunFolder } from '../io/run-folder.ts'
import { readSafetensors } from '../io/safetensors.ts'
import { accuracy } from '../tasks/classification/measures.ts'
import { finetune } from './finetune.ts'
import type { FinetuneInput } from './settings/finetune-settings.ts'
import { tinyRun } from './tiny-run.test.support.ts'

const folder = mkdtempSync(join(tmpdir(), 'feature-cache-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)
type Line = Record<string, unknown> & { kind: string; step: number }
const lines = (name: string) => openRunFolder(at(name), { write: false }).readMetrics() as Line[]
const bytes = (name: string): Buffer => readFileSync(join(at(name), 'adapter.safetensors'))

/** Weights and losses of both runs agree to rounding. */
function expectSame(one: string, other: string): void {
  const weights = (name: string) => readSafetensors(join(at(name), 'adapter.safetensors'))
  for (const [name, { data }] of weights(one)) {
    const wanted = weights(other).get(name)?.data as Float32Array
    const largest = Math.max(...wanted.map(Math.abs))
    for (const [i, value] of (data as Float32Array).entries())
      expect(Math.abs(value - (wanted[i] as number))).toBeLessThan(1e-6 + 1e-5 * largest)
  }
  const steps = (name: string) => lines(name).filter(({ kind }) => kind === 'step')
  for (const [i, { loss }] of steps(one).entries())
    expect(loss).toBeCloseTo(steps(other)[i]?.loss as number, 6)
}

describe('features of frozen layers', () => {
  it.each([
    ['linear', {}],
    ['adaptformer', { cacheFeatures: 1e8 }],
    ['dyt', { cacheFeatures: 1e8, microBatch: 5, adapterDropout: 0.1 }],
  ] as [string, Partial<FinetuneInput>][])('train %s to the same weights', async (method, more) => {
    const common = { method, epochs: 2, trainSize: 35, ...more } // the last batch has three
    const cached = await tinyRun(folder, `${method}-cached`, common)
    const plain = await tinyRun(folder, `${method}-plain`, { ...common, cacheFeatures: 0 })
    expectSame(`${method}-cached`, `${method}-plain`)
    expect(valueIn(cached.summary ?? {}, accuracy)).toBe(valueIn(plain.summary ?? {}, accuracy))
    const made = (name: string) => lines(name).filter(({ kind }) => kind === 'features')
    expect(made(`${method}-cached`)).toMatchObject([{ step: 0, images: 35 + 24 }])
    expect(made(`${method}-plain`)).toEqual([])
    const validated = (name: string) => lines(name).findLast(({ kind }) => kind === 'epoch')
    const loss = validated(`${method}-plain`)?.validationLoss as number
    expect(validated(`${method}-cached`)?.validationLoss).toBeCloseTo(loss, 6)
    expect(existsSync(join(at(`${method}-cached`), 'cache'))).toBe(false)
  })

  it('are found again by a resumed run, which ends with the same bits', async () => {
    const input = { method: 'linear', epochs: 3 }
    const stop = new AbortController()
    await tinyRun(folder, 'whole', input)
    const { settings } = await tinyRun(folder, 'sizes', input)
    const stopped = await finetune(settings, {
      out: at('parts'),
      signal: stop.signal,
      onStep: ({ step }) => step === 3 && stop.abort(),
    })
    expect(stopped.steps).toBe(3)
    expect(existsSync(join(at('parts'), 'cache', 'train.safetensors'))).toBe(true)
    await finetune({}, { out: at('parts'), resume: true })
    expect(bytes('parts').equals(bytes('whole'))).toBe(true)
    expect(lines('parts').filter(({ kind }) => kind === 'features')).toHaveLength(1)
  })

  it('may be interrupted while they are computed', async () => {
    const stop = new AbortController()
    const { settings } = await tinyRun(folder, 'early-sizes', { method: 'linear' })
    const early = await finetune(settings, {
      out: at('early'),
      signal: stop.signal,
      onPhase: (phase) => phase.startsWith('computing') && stop.abort(),
    })
    expect(early.steps).toBe(0)
    await finetune({}, { out: at('early'), resume: true })
    expect(bytes('early').equals(bytes('early-sizes'))).toBe(true)
  })

  it.each([
    ['linear', { augment: 'light', cacheFeatures: 1e9 }, /augment: light/],
    ['linear', { mixup: 0.2, cacheFeatures: 1e9 }, /images are mixed anew at every step/],
    ['linear', { skipBad: true, cacheFeatures: 1e9 }, /which images skipBad leaves out/],
    ['linear', { data: 'builtin:motion', frames: 2, cacheFeatures: 1e9 }, /frames of clips may differ/],
    ['full', { cacheFeatures: 1e9 }, /full trains weights that meet the pixels/],
    ['linear', { cacheFeatures: 1000 }, /features of linear take 0.00717 MB, more than 0.00100 MB/],
  ] as [string, Partial<FinetuneInput>, RegExp][])('refuse %s with %j', async (method, more, message) => {
    const refused = tinyRun(folder, 'refused', { method, ...more })
    await expect(refused).rejects.toThrow(message)
    await expect(refused).rejects.toThrow(ConfigError)
    expect(existsSync(at('refused'))).toBe(false)
  })
})
