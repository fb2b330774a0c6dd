import {
  compile,
  gradients,
  input,
  mul,
  reduceSum,
  type Tensor,
  type TensorData,
} from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { layerAt } from '../models/families.ts'
import type { Place } from '../models/hooks.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { farthest, noise, randomValues } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { gumbelNoise } from '../training/noise.ts'
import { dyt } from './dyt.ts'
import { decide } from './gate.ts'

const [images, tokens, width, layers] = [2, 4, 3, 2]
const x = noise(images * (tokens + 1) * width, 1)
const gumbel = noise(layers * images * tokens, 2)
const factors = noise(images * tokens, 3)
const weightName = 'mlp_token_select.mlp_head.weight'
const biasName = 'mlp_token_select.mlp_head.bias'
const values = randomValues(
  new Map([
    [weightName, [1, width]],
    [biasName, [1]],
  ]),
  4,
)

const placeOf = (store: WeightStore, index = 1, patches = tokens): Place => {
  const config: VitModelConfig = { ...tiny, imageSize: [tiny.patchSize, patches * tiny.patchSize] }
  return { index, weights: store, root: store, config, reads: [], sizes: layerAt(config, 0) }
}

/** Masks of layer 1 in training, and the gradients of sum(mask * factors). */
async function train(temperature: number) {
  const store = new WeightStore({ tensors: values, trainable: [/./] })
  const pass = { kind: 'train', noise: input('noise', [layers, 'B', tokens, 1]) } as const
  const tokensIn = input('x', ['B', tokens + 1, width])
  const options = { ...dyt.defaults, temperature }
  const { mask, soft, logits } = decide(
    tokensIn,
    placeOf(store),
    { number: 1, part: 'mlp', prefix: 1 },
    options,
    pass,
  )
  const loss = reduceSum(mul(mask, input('factors', ['B', tokens])))
  const [weight, bias] = gradients(loss, [...store.trainable.values()])
  const outputs = { mask, soft, logits, weight, bias }
  const program = await compile(outputs as Record<keyof typeof outputs, typeof mask>, { threads: 1 })
  return program.run({ x, noise: gumbel, factors, ...Object.fromEntries(values) })
}

/** The same in plain loops. */
function plain(temperature: number) {
  const weight = values.get(weightName)?.data as Float32Array
  const bias = values.get(biasName)?.data[0] as number
  const result = { mask: [] as number[], soft: [] as number[], logits: [] as number[], bias: 0 }
  const slope = new Array<number>(width).fill(0)
  for (let image = 0; image < images; image++)
    for (let token = 0; token < tokens; token++) {
      const row = x.subarray((image * (tokens + 1) + token + 1) * width).subarray(0, width)
      const logit = row.reduce((sum, value, i) => sum + value * (weight[i] as number), bias)
      const noisy = logit + (gumbel[(images + image) * tokens + token] as number)
      const soft = 1 / (1 + Math.exp(-noisy / temperature))
      result.logits.push(logit)
      result.soft.push(soft)
      result.mask.push(noisy > 0 ? 1 : 0)
      const back = ((factors[image * tokens + token] as number) * soft * (1 - soft)) / temperature
      result.bias += back
      for (let i = 0; i < width; i++) slope[i] = (slope[i] as number) + back * (row[i] as number)
    }
  return { ...result, weight: slope }
}

describe('decide', () => {
  it.each([0.1, 1, 5])('hard forward, soft backward at temperature %d', async (temperature) => {
    const got = await train(temperature)
    const wanted = plain(temperature)
    const data = (tensor: TensorData): Float32Array => tensor.data as Float32Array
    expect([...data(got.mask)]).toEqual(wanted.mask)
    expect(wanted.mask).toContain(0)
    expect(wanted.mask).toContain(1)
    expect(farthest(data(got.soft), wanted.soft)).toBeLessThan(1e-5)
    expect(farthest(data(got.logits), wanted.logits)).toBeLessThan(1e-6)
    expect(farthest(data(got.weight), wanted.weight)).toBeLessThan(1e-5)
    expect(farthest(data(got.bias), [wanted.bias])).toBeLessThan(1e-5)
  })

  it('without noise: bare logits, no temperature, exactly 0 is inactive', async () => {
    const zero = new WeightStore({
      tensors: new Map([
        [weightName, { dtype: 'float32', shape: [1, 1], data: Float32Array.of(1) }],
        [biasName, { dtype: 'float32', shape: [1], data: Float32Array.of(0) }],
      ]),
    })
    const decide0 = (threshold?: number) => {
      const given = threshold === undefined ? undefined : input('threshold', [1])
      const gate = { number: 0, part: 'mlp', prefix: 1 } as const
      const pass = { kind: 'masked', threshold: given } as const
      return decide(input('x', ['B', 4, 1]), placeOf(zero, 0, 3), gate, dyt.defaults, pass)
    }
    const x = Float32Array.of(-7, 0, 2, -1)
    const { mask, soft, logits } = decide0()
    const got = await (await compile({ mask, soft, logits }, { threads: 1 })).run({ x })
    expect([...(got.mask.data as Float32Array)]).toEqual([0, 1, 0])
    expect([...(got.logits.data as Float32Array)]).toEqual([0, 2, -1])
    const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value))
    expect(farthest(got.soft.data as Float32Array, [0.5, sigmoid(2), sigmoid(-1)])).toBeLessThan(1e-6)
    for (const [threshold, wanted] of [
      [0.5, [0, 1, 0]],
      [0.49, [1, 1, 0]],
      [sigmoid(2) + 1e-3, [0, 0, 0]],
      [0, [1, 1, 1]],
      [1, [0, 0, 0]],
    ] as const) {
      const program = await compile({ mask: decide0(threshold).mask }, { threads: 1 })
      const found = await program.run({ x, threshold: Float32Array.of(threshold) })
      expect([...(found.mask.data as Float32Array)]).toEqual([...wanted])
    }
  })

  it('at sample level decides by the mean of the patch tokens', async () => {
    const store = new WeightStore({ tensors: values })
    const options = { ...dyt.defaults, dispatchLevel: 'sample' } as const
    const gate = { number: 0, part: 'mlp', prefix: 1 } as const
    const tokensIn = input('x', ['B', tokens + 1, width])
    const { logits, mask } = decide(tokensIn, placeOf(store, 0), gate, options, { kind: 'masked' })
    const got = await (await compile({ logits, mask }, { threads: 1 })).run({ x })
    const rows = plain(1).logits
    const means = Array.from({ length: images }, (_, image) => {
      const own = rows.slice(image * tokens, (image + 1) * tokens)
      return own.reduce((a, b) => a + b, 0) / tokens
    })
    expect(got.logits.shape).toEqual([images, 1])
    expect(farthest(got.logits.data as Float32Array, means)).toBeLessThan(1e-6)
    expect([...(got.mask.data as Float32Array)]).toEqual(means.map((logit) => Number(logit > 0)))
  })

  it.each([0.2, 0.5, 1])('at random lets a share of %d through, in training and inference', async (rate) => {
    const options = { ...dyt.defaults, dispatchStrategy: 'random', rate } as const
    const [count, many] = [20, 100]
    const tokensIn = input('x', ['B', many + 1, 1])
    const noiseIn = input('noise', [1, 'B', many, 1])
    const store = new WeightStore()
    const masks = (['train', 'skip'] as const).map((kind) => {
      const pass = { kind, noise: noiseIn } as const
      return decide(tokensIn, placeOf(store, 0, many), { number: 0, part: 'mlp', prefix: 1 }, options, pass)
        .mask
    }) as [Tensor, Tensor]
    const program = await compile({ train: masks[0], skip: masks[1] }, { threads: 1 })
    const drawn = gumbelNoise({ seed: 1, step: 'inference', first: 0 }, [1, count, many])
    const got = await program.run({ x: new Float32Array(count * (many + 1)), noise: drawn })
    expect(got.train.data).toEqual(got.skip.data)
    const share = (got.train.data as Float32Array).reduce((a, b) => a + b, 0) / (count * many)
    expect(Math.abs(share - rate)).toBeLessThan(0.03)
    expect(store.shapes.size).toBe(0)
  })
})
