import { describe, expect, it } from 'vitest'
import { farthest, noise } from '../../nn/plain.test.support.ts'
import { AdamW, type AdamWSettings } from './adamw.ts'
import { decayMatrices } from './groups.ts'

const settings: AdamWSettings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1 }
const rates = [1e-2, 3e-3, 0, 5e-2, 1e-3, 1e-2, 2e-2, 1e-4]
const gradient = (step: number): Float32Array => noise(6, 100 + step).map((value, i) => value * 10 ** (i - 3))

/** The update in doubles, after PyTorch's documentation. */
function plain(start: number[], { beta1, beta2, epsilon, weightDecay }: AdamWSettings): number[] {
  const w = [...start]
  const m = w.map(() => 0)
  const v = w.map(() => 0)
  for (const [t, lr] of rates.entries())
    for (const [i, g] of gradient(t).entries()) {
      w[i] = (w[i] as number) - lr * weightDecay * (w[i] as number)
      m[i] = beta1 * (m[i] as number) + (1 - beta1) * g
      v[i] = beta2 * (v[i] as number) + (1 - beta2) * g ** 2
      const mHat = (m[i] as number) / (1 - beta1 ** (t + 1))
      const vHat = (v[i] as number) / (1 - beta2 ** (t + 1))
      w[i] = (w[i] as number) - (lr * mHat) / (Math.sqrt(vHat) + epsilon)
    }
  return w
}

function train(chosen: AdamWSettings): Float32Array {
  const data = noise(6, 1)
  const optimizer = new AdamW(new Map([['w', { data, shape: [6] }]]), chosen)
  for (const [step, rate] of rates.entries()) optimizer.update(new Map([['w', gradient(step)]]), rate)
  return data
}

describe('AdamW', () => {
  it.each([
    ['decay 0.1', settings],
    ['no decay', { ...settings, weightDecay: 0 }],
    ['a large epsilon', { ...settings, epsilon: 0.1 }],
    ['other betas', { ...settings, beta1: 0.5, beta2: 0.9 }],
  ] as const)('moves like the plain loop in doubles: %s', (_name, chosen) => {
    expect(farthest(train(chosen), plain([...noise(6, 1)], chosen))).toBeLessThan(1e-6)
  })

  it('the first step is the rate, whatever the size of the gradient', () => {
    const data = Float32Array.of(1, 1, 1)
    const optimizer = new AdamW(new Map([['w', { data, shape: [3] }]]), { ...settings, weightDecay: 0 })
    optimizer.update(new Map([['w', Float32Array.of(1e-4, -30, 0)]]), 0.25)
    expect(data[0]).toBeCloseTo(0.75, 4)
    expect(data[1]).toBeCloseTo(1.25, 6)
    expect(data[2]).toBe(1)
  })

  it('decays only the weights it is told to', () => {
    const weights = new Map([
      ['fc.weight', { data: Float32Array.of(2), shape: [1, 1] }],
      ['fc.bias', { data: Float32Array.of(2), shape: [1] }],
    ])
    const optimizer = new AdamW(weights, { ...settings, groupOf: decayMatrices })
    const zero = Float32Array.of(0)
    optimizer.update(new Map([...weights.keys()].map((name) => [name, zero])), 0.5)
    expect(weights.get('fc.weight')?.data[0]).toBeCloseTo(2 * (1 - 0.5 * 0.1), 6)
    expect(weights.get('fc.bias')?.data[0]).toBe(2)
  })

  it('goes on to the same bits from its moments and step', () => {
    const data = noise(6, 1)
    const first = new AdamW(new Map([['w', { data, shape: [6] }]]), settings)
    for (const step of [0, 1, 2, 3]) first.update(new Map([['w', gradient(step)]]), rates[step] as number)
    const second = new AdamW(new Map([['w', { data, shape: [6] }]]), settings)
    const saved = new Map(first.moments())
    expect([...saved.keys()]).toEqual(['adamw.mean.w', 'adamw.square.w'])
    for (const [name, array] of second.moments()) array.set(saved.get(name) as Float32Array)
    second.step = first.step
    for (const step of [4, 5, 6, 7]) second.update(new Map([['w', gradient(step)]]), rates[step] as number)
    expect(data).toEqual(train(settings))
  })
})
