import { compile, gradients, input, mul, reduceSum, type TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { farthest, noise, randomValues } from '../nn/plain.test.support.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { dispatchTokens } from './dispatcher.ts'

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

/** Masks of layer 1 in training, and the gradients of sum(mask * factors). */
async function train(temperature: number) {
  const store = new WeightStore({ tensors: values, trainable: [/./] })
  const pass = { kind: 'train', noise: input('noise', [layers, 'B', tokens, 1]) } as const
  const tokensIn = input('x', ['B', tokens + 1, width])
  const { mask, soft, logits } = dispatchTokens(tokensIn, store, pass, { index: 1, temperature })
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

describe('dispatchTokens', () => {
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
    const decision = dispatchTokens(
      input('x', ['B', 4, 1]),
      zero,
      { kind: 'masked' },
      { index: 0, temperature: 5 },
    )
    const { mask, soft, allLogits } = decision
    const got = await (await compile({ mask, soft, allLogits }, { threads: 1 })).run({
      x: Float32Array.of(-7, 0, 2, -1),
    })
    expect([...(got.mask.data as Float32Array)]).toEqual([0, 1, 0])
    expect([...(got.allLogits.data as Float32Array)]).toEqual([-7, 0, 2, -1])
    const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value))
    expect(farthest(got.soft.data as Float32Array, [0.5, sigmoid(2), sigmoid(-1)])).toBeLessThan(1e-6)
  })
})
