import { compile, input, type TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { CheckpointError, ConfigError } from '../errors.ts'
import { network } from '../network/network.ts'
import { weightShapes } from '../network/weight-shapes.ts'
import { farthest, noise, randomValues } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { drawWeights, fitBackbone } from './backbone.ts'
import { asVit } from './backbone-config.ts'
import { buildModel, modelShapes } from './build-model.ts'
import { isHeadWeight } from './heads/head-of.ts'
import type { SegmentationSettings } from './heads/segmentation/settings.ts'
import { withSegmentation } from './heads/segmentation/with-segmentation.ts'
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

describe('fitting a backbone to the labelling of pixels', () => {
  const tensors = randomValues(modelShapes(modelOf({ ...tiny, globalPool: 'avg' })), 1)
  const fit = (segmentation: SegmentationSettings) =>
    fitBackbone('test', { config: { ...tiny, globalPool: 'avg' }, tensors }, { numClasses: 3, segmentation })

  it('drops the classifier and norms that the head does not read, also for as many classes', () => {
    const kept = [...tensors.keys()].filter((name) => !/^(head|fc_norm)\./.test(name))
    for (const head of ['linear', 'upernet'] as const) {
      const { config, tensors: fitted, classes } = fit({ head })
      expect([...fitted.keys()]).toEqual(kept)
      expect([config.numClasses, config.segmentation, classes]).toEqual([3, { head }, undefined])
      expect(asVit(config).relativePositionBias).toBe(head === 'upernet' ? true : undefined)
    }
    const plain = randomValues(modelShapes(modelOf(tiny)), 1)
    const uper = fitBackbone('test', { config: tiny, tensors: plain }, { segmentation: { head: 'upernet' } })
    expect([...plain.keys()].filter((name) => !uper.tensors.has(name))).toEqual(
      expect.arrayContaining(['norm.weight', 'norm.bias', 'head.weight', 'head.bias']),
    )
  })

  it('draws no head at random: a run draws its own', () => {
    const config = withSegmentation(tiny, { head: 'upernet', channels: 4 })
    const drawn = drawWeights(config, 1)
    expect(
      [...drawn.keys()].filter((name) => !/^(blocks|patch_embed|cls_token|pos_embed)/.test(name)),
    ).toEqual([])
    expect([...weightShapes(network(modelOf(config))).keys()].filter(isHeadWeight)).toHaveLength(
      6 + 2 + 12 * 5 + 2 + 5,
    )
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
