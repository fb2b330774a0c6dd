import { describe, expect, it } from 'vitest'
import { ConfigError } from '../errors.ts'
import { vitConfig } from '../models/vit/vit-names.ts'
import { correctedMB, expectedMemoryMB, fitMemory } from './expected-memory.ts'
import { completeFinetune } from './settings/complete-finetune.ts'

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

describe('fitMemory', () => {
  const config = vitConfig('vit_base_patch16_224', 10)
  const asked = (memory?: number) =>
    completeFinetune({ data: 'builtin:nature', bottleneck: 64, memory }, { config, augment: 'none' })

  it('takes the most images a pass that fit', () => {
    const { microBatch } = fitMemory(asked(4e9), config)
    expect(microBatch).toBeGreaterThan(4)
    expect(microBatch).toBeLessThan(12)
    const needed = (images: number) => expectedMemoryMB({ ...asked(), microBatch: images }, config) * 2 ** 20
    expect(needed(microBatch)).toBeLessThanOrEqual(4e9)
    expect(needed(microBatch + 1)).toBeGreaterThan(4e9)
    expect(fitMemory(asked(1e12), config).microBatch).toBe(64)
    expect(fitMemory(asked(), config)).toEqual(asked())
  })

  it('computes layers again where not even one image fits otherwise', () => {
    const kept = expectedMemoryMB({ ...asked(), microBatch: 1 }, config) * 2 ** 20
    expect(fitMemory(asked(kept), config)).toMatchObject({ microBatch: 1, recompute: false })
    const { microBatch, recompute } = fitMemory(asked(kept - 1), config)
    expect([recompute, microBatch]).toEqual([true, expect.any(Number)])
    expect(microBatch).toBeGreaterThan(1)
    expect(fitMemory({ ...asked(2e9), recompute: true }, config).microBatch).toBeGreaterThan(
      fitMemory(asked(2e9), config).microBatch,
    )
  })

  it('refuses a limit that one image does not fit', () => {
    expect(() => fitMemory(asked(5e8), config)).toThrow(ConfigError)
    expect(() => fitMemory(asked(5e8), config)).toThrow(
      /one image a pass takes about 1\.\d+ GB, memory is 0\.50 GB/,
    )
  })
})
