import { compile, input, type Tensor } from '@dynamic-tuning/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../errors.ts'
import { farthest, noise, randomValues, type Values } from '../../nn/plain.test.support.ts'
import { WeightStore } from '../../nn/weight-store.ts'
import { buildModel, modelShapes } from '../build-model.ts'
import { depthOf, layersOf } from '../families.ts'
import { modelOf } from '../model.ts'
import type { SwinModelConfig } from '../model-config.ts'
import { checkModelConfig, modelConfig } from '../named-model.ts'
import { plainSwin } from './plain-swin.test.support.ts'
import { anySwin, tinySwin } from './swin.test.support.ts'
import { relativePositions, windowNeighbours, windowOrder } from './window-layout.ts'

const images = 2

/** All stages of two images, in the graph and in plain loops. */
async function bothWays(config: SwinModelConfig, values: Values, fused: boolean) {
  const out = buildModel(
    input('images', ['B', 3, ...config.imageSize]),
    new WeightStore({ tensors: values }),
    modelOf(config),
  )
  const stages: Record<string, Tensor> = {
    embed: out.patchEmbed,
    features: out.features,
    logits: out.outputs.logits,
  }
  for (const [i, block] of out.blocks.entries()) stages[`block${i}`] = block
  for (const [i, merged] of out.downsamples.entries()) stages[`merged${i}`] = merged
  const program = await compile(stages, { threads: 1, fused })
  const pixels = noise(images * 3 * config.imageSize[0] * config.imageSize[1], 5)
  const found = await program.run({ images: pixels })
  await program.release()
  const size = pixels.length / images
  const plain = Array.from({ length: images }, (_, i) =>
    plainSwin(pixels.subarray(i * size, (i + 1) * size), values, config),
  )
  const wanted: Record<string, number[]> = {
    embed: plain.flatMap(({ patchEmbed }) => patchEmbed.flat()),
    features: plain.flatMap(({ features }) => features.flat()),
    logits: plain.flatMap(({ logits }) => logits),
  }
  for (const i of out.blocks.keys())
    wanted[`block${i}`] = plain.flatMap(({ blocks }) => blocks[i]?.flat() ?? [])
  for (const i of out.downsamples.keys())
    wanted[`merged${i}`] = plain.flatMap(({ downsamples }) => downsamples[i]?.flat() ?? [])
  return Object.entries(wanted).map(([name, expected]) => {
    const scale = Math.max(1, ...expected.map(Math.abs))
    return [name, farthest(found[name]?.data as Float32Array, expected) / scale] as const
  })
}

describe('swin', () => {
  const sizes: readonly (readonly [string, Partial<SwinModelConfig>])[] = [
    ['not square', {}],
    [
      'windows of 3, three stages',
      { imageSize: [24, 48], windowSize: 3, depths: [1, 3, 2], numHeads: [2, 4, 1] },
    ],
    [
      'odd windows that cover one axis alone',
      { imageSize: [6, 18], windowSize: 3, depths: [4], numHeads: [2] },
    ],
    ['grids smaller than a window', { imageSize: [16, 16], windowSize: 8, qkvBias: false }],
    ['windows as large as the grid along one axis', { imageSize: [4, 16], windowSize: 2, mlpRatio: 3 }],
  ]
  it.each(sizes)('is the plain loops: %s', async (_name, change) => {
    const config = checkModelConfig({ ...tinySwin, ...change })
    const values = randomValues(modelShapes(modelOf(config)), 3)
    for (const fused of [true, false])
      for (const [name, error] of await bothWays(config, values, fused))
        expect(error, `${name}, fused ${fused}`).toBeLessThan(2e-5)
  })

  it('is the plain loops at any size', async () => {
    await fc.assert(
      fc.asyncProperty(anySwin, async (config) => {
        const values = randomValues(modelShapes(modelOf(checkModelConfig(config))), 3)
        for (const [name, error] of await bothWays(config, values, true))
          expect(error, name).toBeLessThan(5e-5)
      }),
      { numRuns: 8, seed: 1 },
    )
  })

  it('has the published parameters, layers and names', () => {
    const config = modelConfig('swin_base_patch4_window7_224.ms_in22k', 1000)
    const shapes = modelShapes(modelOf(config))
    const total = [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0)
    expect(total).toBe(87_768_224)
    expect(depthOf(config)).toBe(24)
    expect(layersOf(config)[4]).toEqual({
      path: 'layers.2.blocks.0',
      width: 512,
      hidden: 2048,
      heads: 16,
      grid: [14, 14],
      prefix: 0,
    })
    expect(shapes.get('layers.3.downsample.reduction.weight')).toEqual([1024, 2048])
    expect(shapes.get('layers.1.blocks.1.attn.relative_position_bias_table')).toEqual([169, 8])
    const tiny = modelShapes(modelOf(modelConfig('swin_tiny_patch4_window7_224')))
    expect([...tiny.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0)).toBe(
      28_288_354,
    )
  })

  it.each([
    [{ imageSize: [8, 20] as const }, /8 x 20 make a grid of 4 x 10 in stage 0.*|stage 1/],
    [
      { imageSize: [10, 16] as const },
      /grid of 5 x 8 in stage 0 .* do not cover.* multiples of 8 always fit/,
    ],
    [{ imageSize: [9, 16] as const }, /grid of 4.5 x 8/],
    [{ windowSize: 3, imageSize: [6, 6] as const }, /do not cover once it is halved/],
    [{ numHeads: [1] }, /2 stages with 1 numbers of heads/],
    [{ numHeads: [3, 2] }, /3 heads do not divide the 4 features of stage 0/],
    [{ windowSize: 0 }, /windows of 0 tokens/],
    [{ frames: 8 as never }, /clips of 8 frames for a Swin.* Choose a ViT/],
  ])('refuses sizes that do not fit: %o', (change, message) => {
    const build = () => checkModelConfig({ ...tinySwin, ...change })
    expect(build).toThrow(ConfigError)
    expect(build).toThrow(message)
  })
})

describe('window layout', () => {
  const windows = { grid: [4, 4], window: [2, 2], shift: [1, 1] } as const

  it('takes the first place of each window, then the second', () => {
    expect(windowOrder({ ...windows, shift: [0, 0] })).toEqual([
      0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15,
    ])
    expect(windowOrder(windows).slice(0, 4)).toEqual([5, 7, 13, 15])
  })

  it('keeps tokens apart that only the roll brought together', () => {
    const apart = windowNeighbours(windows)
    const ofWindow = (v: number) => [...apart.slice(v * 16, (v + 1) * 16)]
    expect(ofWindow(0)).toEqual(new Array(16).fill(1))
    expect(ofWindow(1)).toEqual([1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1])
    expect(ofWindow(3)).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])
  })

  it('numbers relative positions from the bottom right of the query', () => {
    expect(relativePositions([1, 2])).toEqual([1, 0, 2, 1])
    expect(relativePositions([2, 2])).toEqual([4, 3, 1, 0, 5, 4, 2, 1, 7, 6, 4, 3, 8, 7, 5, 4])
  })
})
