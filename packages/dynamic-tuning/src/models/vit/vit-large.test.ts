import { compile, input } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { farthest, noise, randomValues } from '../../nn/plain.test.support.ts'
import { WeightStore } from '../../nn/weight-store.ts'
import { buildModel, modelShapes } from '../build-model.ts'
import { modelOf } from '../model.ts'
import type { VitModelConfig } from '../model-config.ts'
import { plainVit } from './plain-vit.test.support.ts'
import { tokenCount } from './vit-config.ts'
import { vitConfig } from './vit-names.ts'

/** Sizes that plain loops manage; `vit-large.slow.test.ts` has the full width and depth. */
const slim = { embedDim: 16, numHeads: 2, depth: 2 }

describe('large models with their real patches and images, slim', () => {
  it.each<[string, VitModelConfig, number]>([
    ['vit_large_patch16_384', { ...vitConfig('vit_large_patch16_384', 5), ...slim }, 577],
    ['deit3_large_patch16_384', { ...vitConfig('deit3_large_patch16_384', 5), ...slim }, 577],
    [
      'vit_large_patch14_reg4_dinov2 at 224 pixels',
      { ...vitConfig('vit_large_patch14_reg4_dinov2', 5), ...slim, imageSize: [224, 224] },
      261,
    ],
    [
      'vit_base_patch14_dinov2 at 98 x 154 pixels',
      { ...vitConfig('vit_base_patch14_dinov2', 5), ...slim, imageSize: [98, 154] },
      78,
    ],
  ])('%s is what plain loops give', async (_, config, tokens) => {
    const values = randomValues(modelShapes(modelOf(config)), 1, 0.2)
    const images = noise(3 * config.imageSize[0] * config.imageSize[1], 2)
    const out = buildModel(
      input('images', ['B', 3, ...config.imageSize]),
      new WeightStore({ tensors: values }),
      modelOf(config),
    )
    const program = await compile({
      logits: out.outputs.logits,
      last: out.blocks.at(-1) as typeof out.outputs.logits,
    })
    const { logits, last } = await program.run({ images })
    await program.release()
    const wanted = plainVit(images, values, config)
    expect(tokenCount(config)).toBe(tokens)
    expect(last.shape).toEqual([1, tokens, config.embedDim])
    const rows = wanted.blocks.at(-1)?.flat() as number[]
    expect(farthest(last.data as Float32Array, rows)).toBeLessThan(1e-5 * largest(rows))
    expect(farthest(logits.data as Float32Array, wanted.logits)).toBeLessThan(1e-5 * largest(wanted.logits))
  })
})

const largest = (values: readonly number[]): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
