import {
  compile,
  gradients,
  input,
  random,
  reduceSum,
  type Tensor,
  type TensorData,
} from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { batchNorm } from './batch-norm.ts'
import { convUnit } from './conv-unit.ts'
import { conv2d, convTranspose2d } from './conv2d.ts'
import { kaimingNormalOut } from './initializers.ts'
import { farthest, noise } from './plain.test.support.ts'
import { WeightStore } from './weight-store.ts'

const [batch, channels, side] = [2, 3, 4]
const x = noise(batch * channels * side * side, 3)
const image = (): Tensor => input('x', ['B', channels, side, side])
const valuesIn = (store: WeightStore): Map<string, TensorData<'float32'>> =>
  new Map(
    [...store.values()].map(([name, value]) => [name, { ...value, data: new Float32Array(value.data) }]),
  )

async function run(outputs: Record<string, Tensor>, feeds: Record<string, Float32Array>) {
  const program = await compile(outputs, { threads: 1 })
  const given = program.inputs.map(({ name }) => [name, feeds[name] as Float32Array])
  const found = await program.run(Object.fromEntries(given))
  await program.release()
  return Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, data as Float32Array]))
}

/** 3 x 3 convolution with a border of one zero, as loops. */
function convolved(kernel: Float32Array, features: number): number[] {
  const at = (b: number, c: number, i: number, j: number): number =>
    i < 0 || j < 0 || i >= side || j >= side ? 0 : (x[((b * channels + c) * side + i) * side + j] as number)
  const y: number[] = []
  for (let b = 0; b < batch; b++)
    for (let o = 0; o < features; o++)
      for (let i = 0; i < side; i++)
        for (let j = 0; j < side; j++) {
          let sum = 0
          for (let c = 0; c < channels; c++)
            for (let tap = 0; tap < 9; tap++)
              sum +=
                (kernel[(o * channels + c) * 9 + tap] as number) *
                at(b, c, i + Math.floor(tap / 3) - 1, j + (tap % 3) - 1)
          y.push(sum)
        }
  return y
}

/** Mean and unbiased variance of channel `o` of [B, features, side, side]. */
function statistics(
  y: readonly number[],
  features: number,
  o: number,
): { mean: number; biased: number; unbiased: number } {
  const values = y.filter((_, i) => Math.floor(i / side ** 2) % features === o)
  const mean = values.reduce((a, b) => a + b) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, biased: squares / values.length, unbiased: squares / (values.length - 1) }
}

describe('a convolution with batch norm and ReLU', () => {
  const features = 5
  const channelOf = (i: number): number => Math.floor(i / side ** 2) % features

  it('takes the batch in training, moves its buffers, and takes them elsewhere', async () => {
    const store = new WeightStore({ trainable: [/./], seed: 1 })
    const y = convUnit(image(), store.at('unit'), features, { kernel: 3, padding: 1, training: true })
    const names = ['unit.bn.running_mean', 'unit.bn.running_var']
    expect([...store.shapes.keys()]).toEqual(['unit.conv.weight', 'unit.bn.weight', 'unit.bn.bias', ...names])
    expect([...store.trainable.keys()]).toEqual(['unit.conv.weight', 'unit.bn.weight', 'unit.bn.bias'])
    const values = valuesIn(store)
    const [scale, shift] = [noise(features, 5), noise(features, 6)]
    const given = { ...Object.fromEntries([...values].map(([name, { data }]) => [name, data])), x }
    Object.assign(given, { 'unit.bn.weight': scale, 'unit.bn.bias': shift })
    const [nextMean, nextVariance] = names.map((name) => store.buffers.get(name) as Tensor) as [
      Tensor,
      Tensor,
    ]
    const found = await run({ y, nextMean, nextVariance }, given)
    const plain = convolved(values.get('unit.conv.weight')?.data as Float32Array, features)
    const of = Array.from({ length: features }, (_, o) => statistics(plain, features, o))
    const normal = (value: number, o: number, mean: number, variance: number): number =>
      Math.max(((value - mean) / Math.sqrt(variance + 1e-5)) * (scale[o] as number) + (shift[o] as number), 0)
    const wanted = plain.map((value, i) => {
      const { mean, biased } = of[channelOf(i)] as (typeof of)[0]
      return normal(value, channelOf(i), mean, biased)
    })
    expect(farthest(found.y as Float32Array, wanted)).toBeLessThan(1e-5)
    expect(
      farthest(
        found.nextMean as Float32Array,
        of.map(({ mean }) => 0.1 * mean),
      ),
    ).toBeLessThan(1e-6)
    const variances = of.map(({ unbiased }) => 0.9 + 0.1 * unbiased)
    expect(farthest(found.nextVariance as Float32Array, variances)).toBeLessThan(1e-6)

    const tensors = new Map(values)
    const put = (name: string, data: Float32Array): unknown =>
      tensors.set(name, { dtype: 'float32', shape: [features], data })
    put('unit.bn.weight', scale)
    put('unit.bn.bias', shift)
    put(names[0] as string, found.nextMean as Float32Array)
    put(names[1] as string, found.nextVariance as Float32Array)
    const still = convUnit(image(), new WeightStore({ tensors }).at('unit'), features, {
      ...{ kernel: 3, padding: 1, training: false },
    })
    const later = plain.map((value, i) => {
      const o = channelOf(i)
      return normal(value, o, found.nextMean?.[o] as number, found.nextVariance?.[o] as number)
    })
    expect(farthest((await run({ still }, { x })).still as Float32Array, later)).toBeLessThan(1e-5)
  })

  it('starts with a kernel of std sqrt(2 / fan out), no shift and no bias', () => {
    const shape = [64, 8, 3, 3]
    const drawn = kaimingNormalOut(shape, random(1, 'kernel'))
    const mean = drawn.reduce((a, b) => a + b) / drawn.length
    const deviation = Math.sqrt(drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length)
    expect(Math.abs(mean)).toBeLessThan(0.003)
    expect(deviation / Math.sqrt(2 / (64 * 9))).toBeCloseTo(1, 1)
    const store = new WeightStore({ trainable: [/./] })
    batchNorm(image(), store.at('bn'), { training: true })
    const start = Object.fromEntries([...store.values()].map(([name, { data }]) => [name, [...data]]))
    const [one, zero] = [new Array(channels).fill(1), new Array(channels).fill(0)]
    expect(start).toEqual({
      'bn.weight': one,
      'bn.bias': zero,
      'bn.running_mean': zero,
      'bn.running_var': one,
    })
  })
})

describe('convolutional layers', () => {
  it('have the weights of PyTorch, uniform within the fan', async () => {
    const store = new WeightStore({ trainable: [/./], seed: 2 })
    const up = convTranspose2d(image(), store.at('up'), 6, { kernel: 2, stride: 2 })
    const down = conv2d(up, store.at('down'), 4, {
      kernel: [1, 3],
      padding: [0, 1],
      stride: [2, 1],
      groups: 2,
    })
    expect(up.shape).toEqual(['B', 6, 8, 8])
    expect(down.shape).toEqual(['B', 4, 4, 8])
    expect(Object.fromEntries(store.shapes)).toEqual({
      ...{ 'up.weight': [3, 6, 2, 2], 'up.bias': [6], 'down.weight': [4, 3, 1, 3], 'down.bias': [4] },
    })
    for (const [name, { data }] of store.values()) {
      const bound = name.startsWith('up') ? 1 / Math.sqrt(24) : 1 / 3
      const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      expect(largest).toBeLessThanOrEqual(bound)
      if (name.endsWith('weight')) expect(largest).toBeGreaterThan(0.8 * bound)
    }
    const slopes = gradients(reduceSum(down), [...store.trainable.values()])
    const given = Object.fromEntries([...store.values()].map(([name, { data }]) => [name, data]))
    const found = await run({ bias: slopes[3] as Tensor }, { ...given, x })
    expect([...(found.bias as Float32Array)]).toEqual(new Array(4).fill(batch * 32))
  })
})
