import {
  add,
  compile,
  type Dim,
  gradients,
  input,
  mul,
  reduceMean,
  reduceSum,
  reshape,
  sub,
  type Tensor,
  type TensorData,
  transpose,
} from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { modelCost } from '../../cost/model-cost.ts'
import { ConfigError } from '../../errors.ts'
import { readSafetensors } from '../../io/safetensors.ts'
import { type Network, network } from '../../network/network.ts'
import type { NetworkPass } from '../../network/pass.ts'
import { farthest, noise, randomValues } from '../../nn/plain.test.support.ts'
import { WeightStore } from '../../nn/weight-store.ts'
import { present } from '../../present.ts'
import { dyt } from '../../tuners/dyt.ts'
import { stackLayers } from '../../tuners/stack-layers.ts'
import type { TunerOptions } from '../../tuners/tuner.ts'
import { allReferences, extra } from '../../verification/reference.test.support.ts'
import { checkBackboneConfig } from '../families.ts'
import type { Head } from '../head.ts'
import { featurePyramid } from '../heads/detection/feature-pyramid.ts'
import { layoutOf } from '../samples/layout-of.ts'
import { decomposedMix } from './decomposed-positions.ts'
import { cutWindows, joinWindows } from './grid-windows.ts'
import type { VitdetConfig } from './vitdet-config.ts'

type Values = ReadonlyMap<string, TensorData>

const given = (values: Values, name: string): TensorData => present(values.get(name), name)
const ownName = (name: string): string => name.replace(/^backbone\.(net\.)?/, '')

function opened(folder: string): { weights: Values; inputs: Values; expected: Values } {
  const read = (name: string): Values =>
    readSafetensors(`${allReferences}detection/${folder}/${name}.safetensors`)
  const weights = new Map([...read('weights')].map(([name, value]) => [ownName(name), value]))
  return { weights, inputs: read('inputs'), expected: read('expected') }
}

const shared = { family: 'vitdet', patchSize: 16, depth: 4, layerNormEps: 1e-6, qkvBias: true } as const
const plain: VitdetConfig = {
  ...{ ...shared, imageSize: [64, 64], embedDim: 36, numHeads: 3, mlpRatio: 4 },
  ...{ windowSize: 3, globalBlocks: [1, 3], positionGrid: [3, 3], relativeGrid: [4, 4] },
}
const dispatching: VitdetConfig = {
  ...{ ...shared, imageSize: [96, 96], embedDim: 32, numHeads: 4, mlpRatio: 3 },
  ...{ windowSize: 4, globalBlocks: [1, 3], positionGrid: [4, 4] },
}

/** A backbone whose outputs are the levels of its pyramid. */
function pyramidOf(config: VitdetConfig, features: number, options?: TunerOptions): Network {
  const head: Head = {
    classes: 1,
    reads: [{ normed: false, tokens: 'patches' }],
    own: [/^simfp_/],
    build(taps, { weights }) {
      const { tokens } = present(taps[0], 'the tap')
      return { ...featurePyramid(channelsFirst(tokens, config), weights, features) }
    },
  }
  const sample = layoutOf({ imageSize: config.imageSize })
  return network({ config, sample, head, ...(options && { tuner: dyt, options }) })
}

const gridOf = ({ imageSize, patchSize }: VitdetConfig): [number, number] => [
  imageSize[0] / patchSize,
  imageSize[1] / patchSize,
]
const onGrid = (x: Tensor, config: VitdetConfig): Tensor =>
  reshape(x, [x.shape[0] as Dim, ...gridOf(config), x.shape[2] as Dim])
const channelsFirst = (x: Tensor, config: VitdetConfig): Tensor => transpose(onGrid(x, config), [0, 3, 1, 2])

/** Runs a graph and compares each output with the expected tensor of the same name. */
async function expectOutputs(
  outputs: Record<string, Tensor>,
  feeds: Record<string, TensorData>,
  expected: Values,
  limit = { abs: 2e-5, share: 2e-5 },
) {
  const program = await compile(outputs, { threads: 1 })
  const wanted = program.inputs.map(({ name }) => [name, given(new Map(Object.entries(feeds)), name)])
  const found = await program.run(Object.fromEntries(wanted))
  await program.release()
  for (const [name, { data, shape }] of Object.entries(found)) {
    const { data: right, shape: like } = given(expected, name)
    if (!/mask|soft|logits/.test(name)) expect(shape, name).toEqual(like)
    const values = Array.from(right, Number)
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    expect(farthest(data as Float32Array, values), name).toBeLessThan(limit.abs + limit.share * largest)
  }
}

describe('the backbone of ViTDet', () => {
  it.each(extra('', 'other.'))('is that of detectron2, every block and level: %s', async (prefix) => {
    const { weights, inputs, expected } = opened('backbone')
    const images = given(inputs, prefix === '' ? 'images' : 'images_other')
    const config = { ...plain, imageSize: images.shape.slice(2) as [number, number] }
    const store = new WeightStore({ tensors: weights, trainable: [/./] })
    const tuned = pyramidOf(config, 16)
    const out = tuned.pass(store, tuned.input(), { kind: 'complete' })
    const all: Record<string, Tensor> = { ...out.outputs }
    for (const [i, block] of out.blocks.entries()) all[`blocks.${i}`] = onGrid(block, config)
    all.embed = onGrid(out.embed, config)
    all.patch_embed = onGrid(out.patchEmbed, config)
    const named = Object.entries(all).map(([name, tensor]) => [prefix + name, tensor] as const)
    const feeds: Record<string, TensorData> = { images, ...Object.fromEntries(weights) }
    const known = named.filter(([name]) => expected.has(name))
    expect(known.length).toBeGreaterThan(5)
    await expectOutputs(Object.fromEntries(known), feeds, expected)
    expect([...store.shapes.keys()].sort()).toEqual([...weights.keys()].sort())
    if (prefix !== '') return
    const sums = Object.entries(out.outputs).map(([level, y]) => {
      feeds[`r.${level}`] = given(inputs, `r.${level}`)
      return reduceSum(mul(y, input(`r.${level}`, y.shape)))
    })
    const official = [...expected.keys()].filter((name) => name.startsWith('grad.'))
    expect(official).toHaveLength(weights.size)
    const slopes = gradients(
      sums.reduce(add),
      official.map((name) => present(store.trainable.get(ownName(name.slice(5))), name)),
    )
    const grads = official.map((name, i) => [name, slopes[i] as Tensor])
    await expectOutputs(Object.fromEntries(grads), feeds, expected, { abs: 1e-6, share: 1e-4 })
  })

  const options = { ...dyt.defaults, bottleneck: 8, adapterScale: 0.1, adapterDropout: 0, temperature: 5 }
  const passes: readonly (readonly [string, NetworkPass])[] = [
    ['eval', { kind: 'masked', thresholds: [0.5, 0.5, 0.5, 0.5] }],
    ['eval', { kind: 'skip', thresholds: [0.5, 0.5, 0.5, 0.5] }],
    ['complete', { kind: 'complete' }],
    ['train', { kind: 'train' }],
  ]
  it.each(extra(...passes))('with Dynamic Tuning is its reference: %s, %o', async (prefix, pass) => {
    const { weights, inputs, expected } = opened('backbone-dyt')
    const tuned = pyramidOf(dispatching, 8, options)
    const store = new WeightStore({ tensors: weights, trainable: tuned.tunable })
    const out = tuned.pass(store, tuned.input(), pass)
    const all: Record<string, Tensor> = { ...out.outputs }
    for (const [i, block] of out.blocks.entries()) all[`blocks.${i}`] = onGrid(block, dispatching)
    if (out.dispatches.length > 0) {
      all.masks = stackLayers(out.dispatches.map(({ mask }) => mask))
      all.soft = stackLayers(out.dispatches.map(({ soft }) => soft))
      all.dispatcher_logits = stackLayers(out.dispatches.map(({ logits }) => logits))
    }
    const gumbel = given(inputs, 'gumbel_diff')
    const feeds: Record<string, TensorData> = {
      ...Object.fromEntries(weights),
      images: given(inputs, 'images'),
      noise: { ...gumbel, shape: [4, 2, 36, 1] } as TensorData,
    }
    const named = Object.entries(all).map(([name, tensor]) => [`${prefix}.${name}`, tensor] as const)
    await expectOutputs(Object.fromEntries(named.filter(([name]) => expected.has(name))), feeds, expected)
    if (pass.kind !== 'train') return
    const sums = Object.entries(out.outputs).map(([level, y]) => {
      feeds[`r.${level}`] = given(inputs, `r.${level}`)
      return reduceSum(mul(y, input(`r.${level}`, y.shape)))
    })
    const off = sub(reduceMean(present(all.masks, 'masks')), 0.5)
    const names = [...store.trainable.keys()]
    expect(names).toHaveLength([...expected.keys()].filter((name) => name.startsWith('grad.')).length)
    const slopes = gradients(add(sums.reduce(add), mul(mul(off, off), 2)), [...store.trainable.values()])
    const prefixOf = (name: string): string => (name.startsWith('simfp') ? 'backbone' : 'backbone.net')
    const grads = names.map((name, i) => [`grad.${prefixOf(name)}.${name}`, slopes[i] as Tensor])
    await expectOutputs(Object.fromEntries(grads), feeds, expected, { abs: 1e-6, share: 1e-4 })
  })

  it('masks what it skips', async () => {
    const config: VitdetConfig = { ...dispatching, imageSize: [48, 80], windowSize: 2 }
    const tuned = pyramidOf(config, 8, options)
    const shapes = new WeightStore({ trainable: [/./] })
    tuned.pass(shapes, tuned.input(), { kind: 'masked', thresholds: [0.5, 0.5, 0.5, 0.5] })
    const tensors = randomValues(shapes.shapes, 3)
    const images = noise(2 * 3 * 48 * 80, 4)
    const found: Float32Array[] = []
    for (const kind of ['masked', 'skip'] as const) {
      const pass = { kind, thresholds: [0.5, 0.5, 0.5, 0.5] }
      const { outputs, dispatches } = tuned.pass(new WeightStore({ tensors }), tuned.input(), pass)
      const rate = reduceMean(stackLayers(dispatches.map(({ mask }) => mask)))
      const program = await compile({ p4: present(outputs.p4, 'p4'), rate }, { threads: 1 })
      const { p4, rate: active } = await program.run({ images })
      await program.release()
      found.push(p4?.data as Float32Array)
      expect(active?.data[0]).toBeGreaterThan(0.1)
      expect(active?.data[0]).toBeLessThan(0.9)
    }
    expect(farthest(found[0] as Float32Array, [...(found[1] as Float32Array)])).toBeLessThan(1e-4)
  })

  it('costs what the paper counts', () => {
    const real: VitdetConfig = {
      ...{ ...shared, depth: 12, imageSize: [1024, 1024], embedDim: 768, numHeads: 12, mlpRatio: 4 },
      ...{ windowSize: 14, globalBlocks: [2, 5, 8, 11], positionGrid: [14, 14] },
    }
    const full = modelCost({ network: pyramidOf(real, 256) })
    expect(full.flops.total).toBe(554_867_195_904)
    expect(full.params.total).toBe(85_889_024 + 5_560_000)
    const tuned = pyramidOf(real, 256, { ...dyt.defaults, bottleneck: 128 })
    const at = (activeRate: number): number => modelCost({ network: tuned, activeRate }).flops.total
    expect(at(0)).toBe(332_451_643_392)
    expect(at(1)).toBe(332_451_643_392 + 4_722_432 * 4096 * 12)
  })

  it.each([
    [{ imageSize: [60, 64] as const }, /60 x 64 are no multiple/],
    [{ numHeads: 5 }, /5 heads do not divide 36/],
    [{ windowSize: 0 }, /windows of 0 tokens/],
    [{ globalBlocks: [4] }, /block 4 is to attend to all tokens, but blocks are 0 to 3/],
  ])('refuses sizes that do not fit: %o', (change, message) => {
    const check = () => checkBackboneConfig({ ...plain, ...change })
    expect(check).toThrow(ConfigError)
    expect(check).toThrow(message)
  })
})

describe('windows of a padded grid', () => {
  it('cut row by row, zeros at the bottom and right, and join again', async () => {
    const x = Float32Array.from({ length: 2 * 6 }, (_, i) => i + 1)
    const cut = cutWindows(input('x', ['B', 6, 1]), [2, 3], 2)
    const program = await compile({ cut, joined: joinWindows(cut, 'B', [2, 3], 2) }, { threads: 1 })
    const found = await program.run({ x })
    await program.release()
    expect([...(found.cut?.data ?? [])]).toEqual([
      ...[1, 2, 4, 5, 3, 0, 6, 0],
      ...[7, 8, 10, 11, 9, 0, 12, 0],
    ])
    expect(found.joined?.data).toEqual(x)
  })
})

describe('decomposed relative positions', () => {
  it('add unscaled products of the query with both tables, as plain loops do', async () => {
    const [n, m, heads, size] = [2, 3, 2, 2]
    const [count, width] = [n * m, heads * size]
    const qkv = noise(count * 3 * width, 1)
    const [high, wide] = [noise((2 * n - 1) * size, 2), noise((2 * m - 1) * size, 3)]
    const part = (token: number, which: number, head: number): number[] =>
      [0, 1].map((i) => qkv[(token * 3 + which) * width + head * size + i] as number)
    const dot = (a: readonly number[], b: readonly number[]): number =>
      a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)
    const row = (table: Float32Array, i: number): number[] => [...table.subarray(i * size, (i + 1) * size)]
    const wanted: number[] = []
    for (let i = 0; i < count; i++)
      for (let head = 0; head < heads; head++) {
        const q = part(i, 0, head)
        const scores = Array.from({ length: count }, (_, j) => {
          const down = Math.floor(i / m) - Math.floor(j / m) + n - 1
          const across = (i % m) - (j % m) + m - 1
          return (
            dot(q, part(j, 1, head)) / Math.sqrt(size) + dot(q, row(high, down)) + dot(q, row(wide, across))
          )
        })
        const powers = scores.map(Math.exp)
        const total = powers.reduce((a, b) => a + b)
        for (let c = 0; c < size; c++)
          wanted.push(powers.reduce((sum, p, j) => sum + (p / total) * (part(j, 2, head)[c] as number), 0))
      }
    const tensors = new Map<string, TensorData>([
      ['rel_pos_h', { dtype: 'float32', shape: [2 * n - 1, size], data: high }],
      ['rel_pos_w', { dtype: 'float32', shape: [2 * m - 1, size], data: wide }],
    ])
    const mix = decomposedMix(new WeightStore({ tensors }), [n, m], [n, m])
    const program = await compile({ y: mix(input('qkv', ['B', count, 3 * width]), heads) }, { threads: 1 })
    const found = await program.run({ qkv })
    await program.release()
    expect(farthest(found.y?.data as Float32Array, wanted)).toBeLessThan(1e-5)
  })
})
