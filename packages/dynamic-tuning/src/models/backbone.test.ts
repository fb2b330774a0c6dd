import { compile, input, type TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { CheckpointError, ConfigError } from '../errors.ts'
import { farthest, noise, randomValues } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { fitBackbone } from './backbone.ts'
import { asVit } from './backbone-config.ts'
import { buildModel, modelShapes } from './build-model.ts'
import { modelOf } from './model.ts'
import type { VitModelConfig } from './model-config.ts'
import { tiny } from './tiny.test.support.ts'
import { plainVit } from './vit/plain-vit.test.support.ts'
import { resizePositionEmbedding } from './vit/position-embedding.ts'
import { checkVitConfig, prefixTokens, tokenCount } from './vit/vit-config.ts'

describe('fitting a backbone to another image size', () => {
  const registers = { ...tiny, regTokens: 3, initValues: 0.1 } satisfies VitModelConfig
  it.each<[string, VitModelConfig, 0 | 1]>([
    ['class token first', registers, 1],
    ['without a position of the class token', { ...registers, noEmbedClass: true }, 0],
    ['without registers or a position of the class token', { ...tiny, noEmbedClass: true }, 0],
  ])('resizes positions: %s', async (_, config, prefix) => {
    const tensors: Map<string, TensorData> = randomValues(modelShapes(modelOf(config)), 1)
    const fitted = fitBackbone('test', { config, tensors }, { imageSize: [16, 4] })
    const before = tensors.get('pos_embed') as TensorData<'float32'>
    const after = fitted.tensors.get('pos_embed') as TensorData<'float32'>
    expect(before.shape).toEqual([1, prefix + 6, 8])
    expect(after.shape).toEqual([1, prefix + 4, 8])
    expect(after.data).toEqual(resizePositionEmbedding(before.data, [2, 3], [4, 1], prefix))
    expect(after.data.slice(0, prefix * 8)).toEqual(before.data.slice(0, prefix * 8))
    expect(fitted.tensors.get('reg_token')).toBe(tensors.get('reg_token'))
    const images = noise(3 * 16 * 4, 2)
    const { logits } = buildModel(
      input('images', ['B', 3, 16, 4]),
      new WeightStore(fitted),
      modelOf(fitted.config),
    ).outputs
    const program = await compile({ logits }, { threads: 1 })
    const got = (await program.run({ images })).logits.data as Float32Array
    await program.release()
    expect(farthest(got, plainVit(images, fitted.tensors, asVit(fitted.config)).logits)).toBeLessThan(1e-4)
  })

  it('wants the rows of positions that the model says', () => {
    const tensors = randomValues(modelShapes(modelOf(registers)), 1)
    const open = (): unknown => fitBackbone('w', { config: { ...registers, noEmbedClass: true }, tensors })
    expect(open).toThrow(CheckpointError)
    expect(open).toThrow(/misshaped +pos_embed \[1, 7, 8\], expected \[1, 6, 8\]/)
  })
})

describe('tokens before the patches', () => {
  it('are the class token and the registers', () => {
    expect([prefixTokens(tiny), tokenCount(tiny)]).toEqual([1, 7])
    expect([prefixTokens({ regTokens: 4 }), tokenCount({ ...tiny, regTokens: 4 })]).toEqual([5, 11])
    for (const change of [{ regTokens: -1 }, { regTokens: 1.5 }, { initValues: 0 }])
      expect(() => checkVitConfig({ ...tiny, ...change })).toThrow(ConfigError)
  })
})
