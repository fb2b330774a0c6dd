import { compile, input, mul, type Tensor } from '@dynamic-tuning/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../errors.ts'
import { farthest, noise, randomValues } from '../../nn/plain.test.support.ts'
import { WeightStore } from '../../nn/weight-store.ts'
import { buildModel, modelShapes } from '../build-model.ts'
import type { ModelHooks } from '../hooks.ts'
import { modelOf } from '../model.ts'
import type { VitModelConfig } from '../model-config.ts'
import { anyVit, tiny } from '../tiny.test.support.ts'
import { plainVit } from './plain-vit.test.support.ts'
import { checkVitConfig, hiddenFeatures, patchCount } from './vit-config.ts'
import { vitConfig } from './vit-names.ts'

/** Stages of a model with random weights over some images. */
async function run(config: VitModelConfig, images: number, fused: boolean, hooks?: ModelHooks) {
  const values = randomValues(modelShapes(modelOf(config)), 5)
  const pixels = noise(images * 3 * config.imageSize[0] * config.imageSize[1], 6)
  const out = buildModel(
    input('images', ['B', 3, ...config.imageSize]),
    new WeightStore({ tensors: values }),
    modelOf(config),
    { hooks },
  )
  const blocks = Object.fromEntries(out.blocks.map((block, i) => [`block${i}`, block]))
  const stages: Record<string, Tensor> = { ...blocks, logits: out.outputs.logits }
  const program = await compile(stages, { threads: 1, fused })
  const outputs = await program.run({ images: pixels })
  await program.release()
  const size = pixels.length / images
  const plain = Array.from({ length: images }, (_, i) => plainVit(pixels.subarray(i * size), values, config))
  return { outputs, plain }
}

describe('vit', () => {
  it('gives the same tokens and logits as plain loops, for all shapes', async () => {
    const property = fc.asyncProperty(
      anyVit,
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      async (config, images, fused) => {
        const { outputs, plain } = await run(config, images, fused)
        const wanted = plain.flatMap(({ logits }) => logits)
        expect(farthest(outputs.logits?.data as Float32Array, wanted)).toBeLessThan(
          2e-5 * Math.max(1, ...wanted.map(Math.abs)),
        )
        for (let i = 0; i < config.depth; i++) {
          const tokens = plain.flatMap(({ blocks }) => (blocks[i] as number[][]).flat())
          const scale = Math.max(1, ...tokens.map(Math.abs))
          expect(farthest(outputs[`block${i}`]?.data as Float32Array, tokens)).toBeLessThan(2e-5 * scale)
        }
      },
    )
    await fc.assert(property, { numRuns: 60, seed: 1 })
  })

  it('lets hooks replace tokens and MLPs, with the layer they are in', async () => {
    const seen: number[] = []
    const double: ModelHooks = { tokens: (tokens) => mul(tokens, 2) }
    const skipAll: ModelHooks = {
      mlp(x, { index }) {
        seen.push(index)
        return x
      },
    }
    const { outputs } = await run(tiny, 1, false)
    const doubled = await run(tiny, 1, false, double)
    const without = await run(tiny, 1, false, skipAll)
    expect(seen).toEqual([0, 1])
    const logits = outputs.logits?.data as Float32Array
    expect(farthest(doubled.outputs.logits?.data as Float32Array, logits)).toBeGreaterThan(1e-3)
    expect(farthest(without.outputs.logits?.data as Float32Array, logits)).toBeGreaterThan(1e-3)
  })
})

describe('vitConfig', () => {
  it.each([
    ['vit_tiny_patch16_224', [192, 12, 3], 196],
    ['vit_small_patch32_384', [384, 12, 6], 144],
    ['vit_base_patch16_224.augreg_in21k', [768, 12, 12], 196],
    ['vit_large_patch14_224', [1024, 24, 16], 256],
  ] as const)('%s', (name, [embedDim, depth, numHeads], patches) => {
    const config = vitConfig(name, 7)
    expect(config).toMatchObject({
      embedDim,
      depth,
      numHeads,
      mlpRatio: 4,
      numClasses: 7,
      layerNormEps: 1e-6,
    })
    expect(patchCount(config)).toBe(patches)
  })

  it.each([
    ['vit_large_patch16_384.augreg_in21k_ft_in1k', [1024, 24, 16], 576, {}],
    ['deit_tiny_patch16_224.fb_in1k', [192, 12, 3], 196, {}],
    ['deit3_small_patch16_224.fb_in22k_ft_in1k', [384, 12, 6], 196, { initValues: 1e-6, noEmbedClass: true }],
    ['deit3_base_patch16_384', [768, 12, 12], 576, { initValues: 1e-6, noEmbedClass: true }],
    ['deit3_large_patch16_384', [1024, 24, 16], 576, { initValues: 1e-6, noEmbedClass: true }],
    ['vit_small_patch14_dinov2.lvd142m', [384, 12, 6], 1369, { initValues: 1e-5 }],
    ['vit_base_patch14_dinov2', [768, 12, 12], 1369, { initValues: 1e-5 }],
    [
      'vit_large_patch14_reg4_dinov2.lvd142m',
      [1024, 24, 16],
      1369,
      { initValues: 1e-5, regTokens: 4, noEmbedClass: true },
    ],
  ] as const)('%s, as timm builds it', (name, [embedDim, depth, numHeads], patches, more) => {
    const config = vitConfig(name, 7)
    const { imageSize, patchSize, ...rest } = config
    const usual = { mlpRatio: 4, numClasses: 7, globalPool: 'token', layerNormEps: 1e-6, qkvBias: true }
    expect(rest).toEqual({ ...usual, embedDim, depth, numHeads, ...more })
    expect([patchCount(config), patchSize]).toEqual([patches, patches === 1369 ? 14 : 16])
    expect(imageSize[0]).toBe(imageSize[1])
  })

  // As timm's model cards print them; DINOv2 comes without a head.
  it.each([
    ['vit_large_patch14_reg4_dinov2.lvd142m', /^(?!head)/, '304.4'],
    ['deit3_large_patch16_384.fb_in1k', /./, '304.8'],
  ])('%s has as many parameters as published', (name, counted, millions) => {
    const shapes = [...modelShapes(modelOf(vitConfig(name)))].filter(([weight]) => counted.test(weight))
    const count = shapes.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0)
    expect((count / 1e6).toFixed(1)).toBe(millions)
  })

  it('refuses other names and sizes that do not fit', () => {
    const names = ['vit_huge_patch14_224', 'vit_base', 'resnet50', 'vit_base_patch16_225']
    const others = ['deit3_base_patch16_256', 'deit3_tiny_patch16_224', 'vit_tiny_patch14_dinov2']
    for (const name of [...names, ...others, 'vit_large_patch14_384'])
      expect(() => vitConfig(name)).toThrow(ConfigError)
    expect(() => vitConfig('vit_base')).toThrow(
      /Use vit_\{.*, deit3_\{.*_patch14_reg4_dinov2, builtin, or a path/,
    )
    for (const name of ['vit_giant_patch14_dinov2', 'vit_giant_patch14_reg4_dinov2.lvd142m'])
      expect(() => vitConfig(name)).toThrow(/^model vit_giant.*gated \(SwiGLU\).* Use a small, base or large/)
    expect(() => checkVitConfig({ ...tiny, numHeads: 3 })).toThrow(/3 heads do not divide 8/)
    expect(() => checkVitConfig({ ...tiny, imageSize: [8, 0] })).toThrow(/8 x 0/)
  })
})

describe('features inside the MLP', () => {
  it('are a whole number, cut off as timm does, however the ratio was found', () => {
    for (let width = 1; width < 200; width++)
      for (const hidden of [1, 5, 49, 110, 127])
        expect(hiddenFeatures({ embedDim: width, mlpRatio: hidden / width })).toBe(hidden)
    expect(hiddenFeatures({ embedDim: 48, mlpRatio: 2.66 })).toBe(127)
    expect(hiddenFeatures({ embedDim: 20, mlpRatio: 2.33 })).toBe(46)
    expect(modelShapes(modelOf({ ...tiny, mlpRatio: 2.2 })).get('blocks.0.mlp.fc1.weight')).toEqual([17, 8])
  })
})
