import { compile, input } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import type { VitModelConfig } from '../models/model-config.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { patchCount, prefixTokens, tokenCount } from '../models/vit/vit-config.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { drawKept, keptPatches, patchDropoutHooks } from './patch-dropout.ts'

const key = { seed: 1, step: 2, first: 3, size: 4 }

describe('patch dropout', () => {
  it.each([0, 4])(
    'keeps class token, %i registers and some patches of each image, in order',
    async (regTokens) => {
      const config: VitModelConfig = { ...tiny, imageSize: [16, 16], regTokens }
      const [all, prefix] = [tokenCount(config), prefixTokens(config)]
      const share = 0.3
      const kept = drawKept(config, share, key)
      const rows = input('tokens', ['B', all, 1])
      const hooks = patchDropoutHooks(config, share)
      const program = await compile(
        { out: hooks.tokens?.(rows, { root: new WeightStore(), config, reads: [] }) as typeof rows },
        { threads: 1 },
      )
      const numbered = Float32Array.from({ length: key.size * all }, (_, i) => i % all)
      const tokens = { dtype: 'float32', shape: [key.size, all, 1], data: numbered } as const
      const { out } = await program.run({ tokens, kept })
      await program.release()
      expect(out.shape).toEqual([key.size, prefix + keptPatches(config, share), 1])
      const choices = new Set<string>()
      for (let image = 0; image < key.size; image++) {
        const width = out.shape[1] as number
        const got = [...(out.data as Float32Array).subarray(image * width, (image + 1) * width)]
        expect(got.slice(0, prefix)).toEqual(Array.from({ length: prefix }, (_, i) => i))
        const patches = got.slice(prefix)
        expect(patches).toEqual([...new Set(patches)].sort((a, b) => a - b))
        for (const patch of patches) {
          expect(patch).toBeGreaterThanOrEqual(prefix)
          expect(patch).toBeLessThan(all)
        }
        choices.add(patches.join())
      }
      expect(choices.size).toBeGreaterThan(1)
    },
  )

  it('chooses the same patches whatever comes before them', () => {
    const without = drawKept(tiny, 0.5, { ...key, size: 1 }).data
    const withRegisters = drawKept({ ...tiny, regTokens: 3 }, 0.5, { ...key, size: 1 }).data
    expect(without[0]).toBe(0n)
    expect([...withRegisters.slice(4)]).toEqual(Array.from(without.slice(1), (token) => token + 3n))
    expect(without.length).toBe(1 + keptPatches(tiny, 0.5))
    expect(keptPatches(tiny, 0.001)).toBe(1)
    expect(keptPatches(tiny, 1)).toBe(patchCount(tiny))
  })
})
