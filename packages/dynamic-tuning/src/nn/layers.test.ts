import { compile, input, random, type Tensor } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../errors.ts'
import { adapter } from './adapter.ts'
import { filledWith, kaimingUniform, ones, truncatedNormal, zeros } from './initializers.ts'
import { layerNorm } from './layer-norm.ts'
import { layerScale } from './layer-scale.ts'
import { linearLayer, linearWithoutBias } from './linear.ts'
import { mlp } from './mlp.ts'
import { patchEmbed } from './patch-embed.ts'
import {
  farthest,
  noise,
  plainAdapter,
  plainAttention,
  plainLinear,
  plainMlp,
  plainNorm,
  plainScale,
  type Rows,
  randomValues,
  toRows,
  type Values,
} from './plain.test.support.ts'
import { selfAttention } from './self-attention.ts'
import { WeightStore, type Weights } from './weight-store.ts'

const width = 6
const tokens = 5
const x = noise(2 * tokens * width, 1)

/** Runs a layer on x [2, 5, 6] with random weights, and the same computation in plain loops on each image. */
async function compare(
  layer: (x: Tensor, weights: Weights) => Tensor,
  plain: (x: Rows, values: Values) => Rows,
): Promise<number> {
  const shapes = new WeightStore({ trainable: [/./] })
  layer(input('x', ['B', tokens, width]), shapes.at('layer'))
  const values = randomValues(shapes.shapes, 2)
  const y = layer(input('x', ['B', tokens, width]), new WeightStore({ tensors: values }).at('layer'))
  const outputs = await (await compile({ y }, { threads: 1 })).run({ x })
  const wanted = [0, 1].flatMap((image) => {
    const rows = toRows(x, width).slice(image * tokens, (image + 1) * tokens)
    return plain(rows, values).flat()
  })
  return farthest(outputs.y.data as Float32Array, wanted)
}

describe('layers give what plain loops give', () => {
  it('linear, with and without bias', async () => {
    const plain = (rows: Rows, values: Values): Rows => plainLinear(rows, values, 'layer')
    expect(await compare((t, weights) => linearLayer(t, weights, 4), plain)).toBeLessThan(1e-5)
    expect(await compare((t, weights) => linearWithoutBias(t, weights, 4), plain)).toBeLessThan(1e-5)
  })

  it('layer scale, which starts from one number', async () => {
    const error = await compare(
      (t, weights) => layerScale(t, weights.at('ls1'), 0.1),
      (rows, values) => plainScale(rows, values, 'layer.ls1'),
    )
    expect(error).toBeLessThan(1e-6)
    const store = new WeightStore()
    layerScale(input('x', ['B', tokens, width]), store.at('ls1'), 0.1)
    expect(store.values().get('ls1.gamma')).toEqual({
      dtype: 'float32',
      shape: [width],
      data: new Float32Array(width).fill(0.1),
    })
  })

  it.each([1e-6, 0.1])('layer norm with epsilon %d', async (epsilon) => {
    const error = await compare(
      (t, weights) => layerNorm(t, weights.at('norm'), epsilon),
      (rows, values) => plainNorm(rows, values, 'layer.norm', epsilon),
    )
    expect(error).toBeLessThan(1e-5)
  })

  it('MLP with the exact GELU', async () => {
    const error = await compare(
      (t, weights) => mlp(t, weights, 13),
      (rows, values) => plainMlp(rows, values, 'layer'),
    )
    // The tanh form of GELU would be off by 1e-4 or more.
    expect(error).toBeLessThan(1e-5)
  })

  it.each([1, 2, 3])('self-attention with %i heads', async (heads) => {
    for (const bias of [true, false]) {
      const error = await compare(
        (t, weights) => selfAttention(t, weights, { heads, qkvBias: bias }),
        (rows, values) => plainAttention(rows, values, 'layer', heads),
      )
      expect(error).toBeLessThan(1e-5)
    }
  })

  it.each([1, 0.1])('adapter with scale %d', async (adapterScale) => {
    const error = await compare(
      (t, weights) => adapter(t, weights, { bottleneck: 3, adapterScale }),
      (rows, values) => plainAdapter(rows, values, 'layer', adapterScale),
    )
    expect(error).toBeLessThan(1e-5)
  })

  it('a fresh adapter adds exactly nothing, dropout or not', async () => {
    const dropout = input('dropout', ['B', tokens, 3])
    const fresh = new WeightStore({ seed: 4 })
    const y = adapter(input('x', ['B', tokens, width]), fresh, { bottleneck: 3, adapterScale: 2, dropout })
    const program = await compile({ y }, { threads: 1 })
    const { y: values } = await program.run({ x, dropout: noise(2 * tokens * 3, 5) })
    expect(Array.from(values.data as Float32Array, Math.abs)).toEqual(new Array(x.length).fill(0))
    expect(
      fresh
        .values()
        .get('down_proj.weight')
        ?.data.some((value) => value !== 0),
    ).toBe(true)
  })

  it('patches that do not divide the image', () => {
    const images = input('images', ['B', 3, 10, 8])
    expect(() => patchEmbed(images, new WeightStore(), { patchSize: 4, embedDim: 2 })).toThrow(ConfigError)
  })
})

describe('initializers', () => {
  const moments = (data: Float32Array): [number, number] => {
    const mean = data.reduce((a, b) => a + b, 0) / data.length
    return [mean, Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length)]
  }

  it('truncated normal: its deviation, cut at 2', () => {
    const [mean, deviation] = moments(truncatedNormal(0.02)([100, 200], random(0, 'a')))
    expect(Math.abs(mean)).toBeLessThan((0.02 / Math.sqrt(20000)) * 4)
    expect(deviation).toBeCloseTo(0.02, 3)
    const wide = truncatedNormal(2)([5000], random(0, 'b'))
    expect(Math.max(...wide.map(Math.abs))).toBeLessThanOrEqual(2)
    expect(Math.max(...wide.map(Math.abs))).toBeGreaterThan(1.9)
  })

  it('Kaiming-uniform: +-1 / sqrt(in)', () => {
    const data = kaimingUniform([300, 25], random(0, 'c'))
    expect(Math.max(...data)).toBeLessThanOrEqual(0.2)
    expect(Math.min(...data)).toBeGreaterThanOrEqual(-0.2)
    const [mean, deviation] = moments(data)
    expect(Math.abs(mean)).toBeLessThan(0.006)
    expect(deviation).toBeCloseTo(0.2 / Math.sqrt(3), 2)
  })

  it('zeros, ones and any other number', () => {
    expect([...filledWith(0.25)([1, 2], random(0))]).toEqual([0.25, 0.25])
    expect([...zeros([2, 2], random(0))]).toEqual([0, 0, 0, 0])
    expect([...ones([3], random(0))]).toEqual([1, 1, 1])
  })
})
