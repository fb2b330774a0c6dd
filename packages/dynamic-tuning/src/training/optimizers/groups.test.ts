import { compile, input, type TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { farthest, noise } from '../../nn/plain.test.support.ts'
import { AdamW, type AdamWSettings } from './adamw.ts'
import { adamwFeeds, adamwNumbers, adamwUpdate } from './adamw-graph.ts'
import { allGroups, decayMatrices, type GroupOf, groupsByName, oneGroup } from './groups.ts'
import { layerDecay, vitLayerOf } from './layer-decay.ts'

const shapes = {
  'patch_embed.proj.weight': [2, 3],
  'blocks.0.norm1.weight': [2],
  'blocks.1.mlp.fc1.weight': [2, 2],
  'head.weight': [3, 2],
} as const
const adamw: AdamWSettings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1 }
const start = () =>
  new Map(
    Object.entries(shapes).map(([name, shape], i) => {
      const data = noise(
        shape.reduce((a: number, b) => a * b, 1),
        i,
      )
      return [name, { data, shape: [...shape] }]
    }),
  )
const gradients = () => new Map([...start()].map(([name, { data }]) => [name, data.map((x) => 1 - 2 * x)]))

function updated(settings: AdamWSettings, rate = 0.1) {
  const weights = start()
  const optimizer = new AdamW(weights, settings)
  for (let step = 0; step < 3; step++) optimizer.update(gradients(), rate)
  return weights
}

describe('groups of weights', () => {
  const groupOf: GroupOf = allGroups(
    decayMatrices,
    groupsByName([
      { pattern: /^head\./, rateFactor: 10 },
      { pattern: /^blocks\.1\./, rateFactor: 0.5, decays: false },
    ]),
  )

  it('are joined: factors multiply, one without decay is enough', () => {
    expect(Object.entries(shapes).map(([name, shape]) => groupOf(name, shape))).toEqual([
      { rateFactor: 1, decays: true },
      { rateFactor: 1, decays: false },
      { rateFactor: 0.5, decays: false },
      { rateFactor: 10, decays: true },
    ])
  })

  it('move weights as an optimiser of their own rate and decay does', () => {
    const found = updated({ ...adamw, groupOf })
    for (const [name, shape] of Object.entries(shapes)) {
      const { rateFactor, decays } = groupOf(name, shape)
      const alone = updated({ ...adamw, weightDecay: decays ? 0.1 : 0 }, 0.1 * rateFactor)
      expect(found.get(name)).toEqual(alone.get(name))
    }
  })

  it('that are all alike change no bit', () => {
    expect(updated({ ...adamw, groupOf: oneGroup })).toEqual(updated(adamw))
  })

  it('hold for AdamW as operators', async () => {
    const name = 'head.weight'
    const { shape, data } = start().get(name) ?? { shape: [], data: new Float32Array(0) }
    const [value, mean, square, gradient] = ['w', 'm', 'v', 'g'].map((each) => input(each, shape))
    if (!value || !mean || !square || !gradient) throw new Error('an input is missing')
    const slot = { value, mean, square, gradient }
    const program = await compile({ ...adamwUpdate(slot, adamwNumbers(), groupOf(name, shape), adamw) })
    const tensor = (values: Float32Array): TensorData => ({ dtype: 'float32', shape, data: values })
    const zeros = tensor(new Float32Array(data.length))
    let state: Record<string, TensorData> = { value: tensor(data), mean: zeros, square: zeros }
    for (let step = 1; step <= 3; step++) {
      const { value: w = zeros, mean: m = zeros, square: v = zeros } = state
      const g = tensor(gradients().get(name) ?? data)
      state = await program.run({ w, m, v, g, ...adamwFeeds(0.1, step, adamw) })
    }
    await program.release()
    const wanted = updated({ ...adamw, groupOf }).get(name)?.data ?? []
    expect(farthest(Float32Array.from(state.value?.data ?? [], Number), wanted)).toBeLessThan(1e-6)
  })
})

describe('layerDecay', () => {
  it('gives the factors of BEiT, counted by hand', () => {
    const groupOf = layerDecay({ decay: 0.5, depth: 3 })
    const factors = Object.fromEntries(
      ['cls_token', 'pos_embed', 'patch_embed.proj.bias', 'blocks.0.norm1.weight', 'blocks.2.mlp.fc1.weight']
        .concat('norm.weight', 'head.weight')
        .map((name) => [name, groupOf(name, []).rateFactor]),
    )
    expect(factors).toEqual({
      cls_token: 0.0625,
      pos_embed: 0.0625,
      'patch_embed.proj.bias': 0.0625,
      'blocks.0.norm1.weight': 0.125,
      'blocks.2.mlp.fc1.weight': 0.5,
      'norm.weight': 1,
      'head.weight': 1,
    })
  })

  it('knows the layers of a ViT', () => {
    expect(
      ['reg_token', 'blocks.11.attn.qkv.weight', 'fc_norm.weight'].map((n) => vitLayerOf(n, 12)),
    ).toEqual([0, 12, 13])
  })
})
