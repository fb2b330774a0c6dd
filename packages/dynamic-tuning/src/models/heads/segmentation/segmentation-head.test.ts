import { compile, input, type TensorData, topologicalOrder } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../errors.ts'
import { farthest, noise, plainNorm, randomValues } from '../../../nn/plain.test.support.ts'
import { WeightStore } from '../../../nn/weight-store.ts'
import { buildModel, modelShapes } from '../../build-model.ts'
import type { Tapped } from '../../head.ts'
import { modelOf } from '../../model.ts'
import type { ModelConfig, VitModelConfig } from '../../model-config.ts'
import { tinySwin } from '../../swin/swin.test.support.ts'
import { tiny } from '../../tiny.test.support.ts'
import { plainVit } from '../../vit/plain-vit.test.support.ts'
import { vitConfig } from '../../vit/vit-names.ts'
import {
  type PlainMap,
  plainAuxiliary,
  plainConv,
  plainDouble,
  plainGelu,
  plainHalve,
  plainMap,
  plainUper,
  withVariances,
} from './plain-upernet.test.support.ts'
import { sameGrid, stages } from './pyramid.ts'
import { usualSegmentationHead } from './segmentation-head.ts'
import { type UperHeadSettings, uperHead, uperStages } from './upernet-head.ts'
import { uperReads } from './upernet-reads.ts'
import { withSegmentation } from './with-segmentation.ts'

const zeros = (shape: number[]): TensorData => ({
  dtype: 'float32',
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b)),
})
const small: VitModelConfig = { ...tiny, imageSize: [20, 12] }

/** Taps whose tokens are graph inputs, with their values. */
function tapsOf(
  grids: readonly (readonly [number, number])[],
  width: (level: number) => number,
  images: number,
) {
  return grids.map((grid, i) => {
    const [count, features] = [grid[0] * grid[1], width(i)]
    const sizes = { path: '', width: features, hidden: 1, heads: 1, grid, prefix: 0 }
    const tokens = input(`tokens${i}`, ['B', count, features])
    const tapped: Tapped = { tap: { normed: false, tokens: 'patches' }, tokens, sizes }
    const data = noise(images * count * features, 40 + i)
    return { tapped, data, name: `tokens${i}`, grid }
  })
}

const rowsOf = (data: Float32Array, width: number, image: number, count: number): number[][] =>
  Array.from({ length: count }, (_, token) => [
    ...data.subarray((image * count + token) * width, (image * count + token + 1) * width),
  ])

async function uperOf(settings: UperHeadSettings, taps: ReturnType<typeof tapsOf>) {
  const tapped = taps.map((each) => each.tapped)
  const shapes = new WeightStore({ trainable: [/./] })
  uperStages(tapped, settings, { weights: shapes, training: false }).auxiliary()
  const values = withVariances(randomValues(shapes.shapes, 5))
  const made = uperStages(tapped, settings, {
    weights: new WeightStore({ tensors: values }),
    training: false,
  })
  const program = await compile({ logits: made.logits, auxiliary: made.auxiliary() }, { threads: 1 })
  const outputs = await program.run(Object.fromEntries(taps.map(({ name, data }) => [name, data])))
  await program.release()
  return { outputs, values }
}

const base = { classes: 3, channels: 5, auxiliaryChannels: 4, dropout: 0.1, reads: [] }

function expectMaps(got: TensorData | undefined, wanted: readonly PlainMap[]): void {
  const flat = wanted.flat(3)
  const scale = Math.max(...flat.map(Math.abs))
  expect(scale).toBeGreaterThan(0.1)
  expect(farthest(got?.data as Float32Array, flat)).toBeLessThan(2e-5 * Math.max(1, scale))
}

describe('UPerNet', () => {
  it('on one grid is what plain loops give', async () => {
    const taps = tapsOf(new Array(4).fill([5, 3]), () => 4, 2)
    const { outputs, values } = await uperOf({ ...base, pyramid: sameGrid }, taps)
    const levels = [0, 1].map((image) => {
      const [a, b, c, d] = taps.map(({ data }) => plainMap(rowsOf(data, 4, image, 15), [5, 3])) as PlainMap[]
      const up = (map: PlainMap | undefined, name: string) => plainDouble(map as PlainMap, values, name)
      return [
        up(plainGelu(up(a, 'fpn1.0')), 'fpn1.2'),
        up(b, 'fpn2.0'),
        c,
        plainHalve(d as PlainMap),
      ] as PlainMap[]
    })
    expect(outputs.logits?.shape).toEqual([2, 3, 20, 12])
    expectMaps(
      outputs.logits,
      levels.map((each) => plainUper(each, values)),
    )
    expectMaps(
      outputs.auxiliary,
      levels.map((each) => plainAuxiliary(each, values)),
    )
  })

  it('on stages of halved grids is what plain loops give, with a norm for each', async () => {
    const grids = [
      [8, 4],
      [4, 2],
      [2, 1],
    ] as const
    const taps = tapsOf(grids, (level) => 2 << level, 2)
    const { outputs, values } = await uperOf({ ...base, pyramid: stages(1e-5) }, taps)
    const levels = [0, 1].map((image) =>
      taps.map(({ data, grid }, i) =>
        plainMap(plainNorm(rowsOf(data, 2 << i, image, grid[0] * grid[1]), values, `norm${i}`, 1e-5), grid),
      ),
    )
    expectMaps(
      outputs.logits,
      levels.map((each) => plainUper(each, values)),
    )
    expectMaps(
      outputs.auxiliary,
      levels.map((each) => plainAuxiliary(each, values)),
    )
  })

  it('has its auxiliary head and its dropout in training alone', () => {
    const taps = tapsOf(new Array(4).fill([4, 4]), () => 4, 1).map((each) => each.tapped)
    const head = uperHead({ ...base, pyramid: sameGrid })
    const built = (training: boolean) => {
      const store = new WeightStore({ trainable: head.own })
      const sites = { after: () => (y: Tapped['tokens']) => y, normed: (y: Tapped['tokens']) => y }
      const outputs = head.build(taps, { weights: store, sites, training })
      const inputs = topologicalOrder(Object.values(outputs)).flatMap(({ op, outputs: [y], attributes }) =>
        op.name === 'Input' && 'name' in attributes && y ? [[String(attributes.name), y.shape] as const] : [],
      )
      return { outputs, store, drops: inputs.filter(([name]) => head.drops && name in head.drops) }
    }
    const training = built(true)
    expect(Object.keys(training.outputs)).toEqual(['logits', 'auxiliary'])
    expect(training.drops).toEqual([
      ['channels.decode_head', [1, 'B', 5]],
      ['channels.auxiliary_head', [1, 'B', 4]],
    ])
    expect(head.drops).toEqual({ 'channels.decode_head': 0.1, 'channels.auxiliary_head': 0.1 })
    expect(() => training.store.trainable).not.toThrow()
    const inference = built(false)
    expect(Object.keys(inference.outputs)).toEqual(['logits'])
    expect(inference.drops).toEqual([])
  })

  it('starts from the values of official code', () => {
    const config = withSegmentation({ ...small, embedDim: 64 }, { head: 'upernet', channels: 32 })
    const store = new WeightStore({ seed: 1 })
    buildModel(input('images', ['B', 3, 20, 12]), store, modelOf(config), { training: true })
    const values = store.values()
    const spread = (name: string): number => {
      const data = values.get(name)?.data ?? new Float32Array()
      return Math.sqrt(data.reduce((sum, value) => sum + value ** 2, 0) / data.length)
    }
    expect(spread('decode_head.fpn_convs.0.conv.weight')).toBeCloseTo(Math.sqrt(2 / (32 * 9)), 2)
    expect(spread('fpn1.0.weight')).toBeCloseTo(1 / Math.sqrt(4 * 64) / Math.sqrt(3), 2)
    expect(spread('decode_head.conv_seg.weight')).toBeCloseTo(1 / Math.sqrt(32) / Math.sqrt(3), 1)
    expect(spread('blocks.0.attn.relative_position_bias_table')).toBe(0)
    expect(Math.max(...(values.get('fpn1.0.bias')?.data ?? []).map(Math.abs))).toBeLessThan(
      1 / Math.sqrt(4 * 64),
    )
  })

  it('reads four layers of a grid, or the end of each stage', () => {
    const layersFor = (config: ModelConfig) =>
      modelOf(withSegmentation(config, { head: 'upernet' })).head.reads.map(({ layer }) => layer)
    expect(layersFor(vitConfig('vit_base_patch16_224'))).toEqual([3, 5, 7, undefined])
    expect(layersFor(vitConfig('vit_large_patch16_224'))).toEqual([7, 11, 15, undefined])
    expect(layersFor({ ...small, depth: 4 })).toEqual([0, 1, 2, undefined])
    expect(layersFor({ ...small, depth: 1 })).toEqual(new Array(4).fill(undefined))
    expect(layersFor(tinySwin)).toEqual([1, undefined])
    const at = (wanted: readonly number[]) => () => uperReads(layersAt(), { epsilon: 1e-6, wanted })
    const layersAt = () =>
      new Array(6).fill({ path: '', width: 1, hidden: 1, heads: 1, grid: [2, 2], prefix: 1 })
    expect(at([0, 2, 2, 4])().reads.map(({ layer }) => layer)).toEqual([0, 2, 2, 4])
    for (const wrong of [
      [0, 1, 2],
      [0, 2, 1, 3],
      [0, 1, 2, 6],
      [0, 0.5, 1, 2],
    ])
      expect(at(wrong)).toThrow(/UPerNet is to read layers .* Give four from 0 to 5 that do not fall/)
  })

  it('refuses what does not fit', () => {
    const open = (config: ModelConfig) => () => modelOf(config)
    const uper = (config: VitModelConfig, more = {}) =>
      open(withSegmentation(config, { head: 'upernet', ...more }))
    expect(uper({ ...small, imageSize: [4, 12] })).toThrow(ConfigError)
    expect(uper({ ...small, imageSize: [4, 12] })).toThrow(/halves the grid of 1 x 3 patches/)
    expect(uper(small, { dropout: 1 })).toThrow(/the head drops 1 of its features/)
    expect(uper({ ...small, frames: 2 })).toThrow(/pixels of clips of 2 frames cannot be labelled/)
    expect(open(withSegmentation(tinySwin, { head: 'upernet', layers: [0, 1] }))).toThrow(/reads every stage/)
  })
})

describe('the linear head', () => {
  it('is a linear map of each patch after the final norm', async () => {
    const config = withSegmentation({ ...small, regTokens: 2 }, { head: 'linear' })
    expect(config.relativePositionBias).toBeUndefined()
    const model = modelOf(config)
    const values = randomValues(modelShapes(model), 3)
    const images = noise(2 * 3 * 20 * 12, 4)
    const { logits } = buildModel(
      input('images', ['B', 3, 20, 12]),
      new WeightStore({ tensors: values }),
      model,
    ).outputs
    const program = await compile({ logits }, { threads: 1 })
    const outputs = await program.run({ images })
    await program.release()
    const plain = [0, 1].map((i) => {
      const full = new Map([...values, ['head.weight', zeros([3, 8])], ['head.bias', zeros([3])]])
      const tokens = plainVit(images.subarray(i * 720), full, config).blocks.at(-1) as number[][]
      return plainConv(
        plainMap(plainNorm(tokens.slice(3), values, 'norm', 1e-6), [5, 3]),
        values,
        'decode_head.conv_seg',
        1,
      )
    })
    expect(outputs.logits?.shape).toEqual([2, 3, 5, 3])
    expectMaps(outputs.logits, plain)
  })

  it('is the usual one for small backbones', () => {
    expect(
      ['tiny', 'small', 'base'].map((size) => usualSegmentationHead(vitConfig(`vit_${size}_patch16_224`))),
    ).toEqual(['linear', 'upernet', 'upernet'])
  })
})
