import { compile, input, type TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { countFlops, modelCost } from '../../../cost/model-cost.ts'
import { network } from '../../../network/network.ts'
import { farthest, noise, plainNorm, randomValues } from '../../../nn/plain.test.support.ts'
import { WeightStore } from '../../../nn/weight-store.ts'
import { buildModel, modelShapes } from '../../build-model.ts'
import { modelOf } from '../../model.ts'
import type { SwinModelConfig } from '../../model-config.ts'
import { modelConfig } from '../../named-model.ts'
import { plainSwin } from '../../swin/plain-swin.test.support.ts'
import { tinySwin } from '../../swin/swin.test.support.ts'
import { type PlainMap, plainConv, plainMap, plainUper, withVariances } from './plain-upernet.test.support.ts'
import type { SegmentationSettings } from './settings.ts'
import { withSegmentation } from './with-segmentation.ts'

/** Four stages on grids of 16 x 8, 8 x 4, 4 x 2 and 2 x 1, of 4, 8, 16 and 32 features. */
const swin: SwinModelConfig = {
  ...tinySwin,
  imageSize: [32, 16],
  depths: [1, 2, 1, 1],
  numHeads: [1, 2, 2, 4],
}
const grids = [0, 1, 2, 3].map((stage) => [16 >> stage, 8 >> stage] as const)
const pixels = noise(2 * 3 * 32 * 16, 4)

/** The classifier that the plain Swin computes beside what is compared. */
const classifier = new Map([
  ['head.fc.weight', [3, 32]],
  ['head.fc.bias', [3]],
])

/** Logits of both images in the graph, weights, and the same backbone in plain loops. */
async function bothWays(settings: SegmentationSettings) {
  const model = modelOf(withSegmentation(swin, settings))
  const values = withVariances(randomValues(modelShapes(model), 3, 0.3))
  const store = new WeightStore({ tensors: values })
  const { logits } = buildModel(input('images', ['B', 3, 32, 16]), store, model).outputs
  const program = await compile({ logits }, { threads: 1 })
  const found = (await program.run({ images: pixels })).logits
  await program.release()
  const finalNorm = new Map([
    ['norm.weight', [32]],
    ['norm.bias', [32]],
  ])
  const all = new Map([...randomValues(classifier, 1), ...randomValues(finalNorm, 1), ...values])
  const plain = [0, 1].map((i) => plainSwin(pixels.subarray(i * 1536, (i + 1) * 1536), all, swin))
  return { found, values, plain }
}

function expectMaps(found: TensorData, wanted: readonly PlainMap[]): void {
  const flat = wanted.flat(3)
  const scale = Math.max(...flat.map(Math.abs))
  expect(scale).toBeGreaterThan(0.1)
  expect(farthest(found.data as Float32Array, flat)).toBeLessThan(2e-5 * Math.max(1, scale))
}

describe('a Swin that labels pixels', () => {
  it('with UPerNet: the four stages that plain loops give, each normed', async () => {
    const { found, values, plain } = await bothWays({ head: 'upernet', channels: 5, auxiliaryChannels: 4 })
    expect(found.shape).toEqual([2, 3, 16, 8])
    // The last blocks of the stages of 1, 2, 1 and 1.
    const wanted = plain.map(({ blocks }) =>
      plainUper(
        [0, 2, 3, 4].map((block, stage) =>
          plainMap(plainNorm(blocks[block] ?? [], values, `norm${stage}`, 1e-5), grids[stage] ?? [0, 0]),
        ),
        values,
      ),
    )
    expectMaps(found, wanted)
  })

  it('with a linear head: a map of the last stage after the final norm', async () => {
    const { found, values, plain } = await bothWays({ head: 'linear' })
    expect(found.shape).toEqual([2, 3, 2, 1])
    const wanted = plain.map(({ features }) =>
      plainConv(plainMap(features, [2, 1]), values, 'decode_head.conv_seg', 1),
    )
    expectMaps(found, wanted)
  })

  it('costs what its layers cost, batch norms, resizing and pooling included', () => {
    const costOf = (settings?: SegmentationSettings) =>
      countFlops({ network: network(modelOf(settings ? withSegmentation(swin, settings) : swin)) })
    const [places, features, M, K] = [[128, 32, 8, 2], [4, 8, 16, 32], 5, 3] as const
    const cells = 1 + 4 + 9 + 36
    const over = (of: (places: number, features: number) => number, levels: number): number =>
      places.slice(0, levels).reduce((sum, count, i) => sum + of(count, Number(features[i])), 0)
    const pooling = 32 * M * cells + 9 * (32 + 4 * M) * M * 2
    const pyramid = over((count, C) => C * M * count + 9 * M * M * count, 3)
    const Conv = pooling + pyramid + 9 * 4 * M * M * 128 + M * K * 128
    const BatchNormalization = 2 * M * (cells + 2 + 2 * over((count) => count, 3) + 128)
    const Resize = 4 * M * (4 * 2 + over((count) => count, 3) + 3 * 128)
    const norms = 5 * over((count, C) => count * C, 4)
    const [uper, plain] = [costOf({ head: 'upernet', channels: M, auxiliaryChannels: 4 }), costOf()]
    expect(uper.operators).toMatchObject({
      Conv,
      BatchNormalization,
      Resize,
      AdaptiveAveragePool: 4 * 2 * 32,
    })
    const ofHead = Object.entries(uper.parts).filter(([part]) => part.startsWith('decode_head'))
    const decoder = ofHead.reduce((sum, [, cost]) => sum + cost, 0)
    expect(decoder).toBe(Conv + BatchNormalization + Resize + 4 * 2 * 32)
    expect(uper.parts).toMatchObject({ norm0: 5 * 512, norm3: 5 * 64 })
    // The classifier, its final norm left out, costs 3 x 32.
    expect(uper.total - decoder - norms).toBe(plain.total - 5 * 2 * 32 - 3 * 32)
    expect(costOf({ head: 'linear' }).total).toBe(plain.total + 2 * 3 * 32 - 3 * 32)
  })

  it('with UPerNet on Swin-T: the published parameters and, but for padding, the published cost', () => {
    const side = 448
    const choice = { imageSize: [side, side], segmentation: { head: 'upernet' } } as const
    const config = modelConfig('swin_tiny_patch4_window7_224', 150, choice)
    const { params, flops } = modelCost({ network: network(modelOf(config)) })
    // 60 M and 945 G at 512 x 2048 (arXiv:2103.14030, table 3), where maps are padded to whole windows.
    expect((params.total / 1e6).toFixed(0)).toBe('60')
    const share = flops.total / ((945e9 * side ** 2) / (512 * 2048))
    expect(share).toBeGreaterThan(0.99)
    expect(share).toBeLessThan(1)
  })
})
