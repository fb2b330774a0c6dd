import { describe, expect, it } from 'vitest'
import { modelOf } from '../models/model.ts'
import { tiny } from '../models/tiny.test.support.ts'
import { network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { dyt } from './dyt.ts'

const [width, bottleneck] = [256, 64]
const config = { ...tiny, embedDim: width, numHeads: 4, numClasses: 20 }

/** Initial values of the weights that Dynamic Tuning trains, by name. */
function initialValues(experts: number): Map<string, Float32Array> {
  const options = { ...dyt.defaults, bottleneck, experts }
  const tuned = network({ ...modelOf(config), tuner: dyt, options })
  const store = new WeightStore({ trainable: tuned.tunable, seed: 1 })
  tuned.pass(store, tuned.input(), { kind: 'train' })
  return new Map([...store.startValues()].map(([name, { data }]) => [name, data]))
}

const largest = (values: Float32Array): number => Math.max(...values.map(Math.abs))
const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length
const deviation = (values: Float32Array): number => Math.sqrt(mean(values.map((value) => value ** 2)))

/** The values of all weights whose name matches. */
function matching(values: ReadonlyMap<string, Float32Array>, pattern: RegExp): Float32Array {
  const found = [...values].filter(([name]) => pattern.test(name)).flatMap(([, data]) => [...data])
  expect(found.length).toBeGreaterThan(0)
  return Float32Array.from(found)
}

describe('initial values, as in the official code', () => {
  it.each([1, 3])('an adapter of %i experts is Kaiming-uniform (a = sqrt 5), then zero', (experts) => {
    const values = initialValues(experts)
    const down = matching(values, /adaptmlp\..*down_proj.*weight/)
    const bound = 1 / Math.sqrt(width)
    expect(largest(down)).toBeLessThanOrEqual(bound * (1 + 1e-6))
    expect(largest(down)).toBeGreaterThan(0.999 * bound)
    expect(deviation(down) / (bound / Math.sqrt(3))).toBeCloseTo(1, 1)
    expect(Math.abs(mean(down))).toBeLessThan(0.02 * bound)
    for (const zero of [
      /adaptmlp\..*down_proj.*bias/,
      /adaptmlp\..*up_proj.*weight/,
      /adaptmlp\..*up_proj.*bias/,
    ])
      expect(largest(matching(values, zero))).toBe(0)
  })

  it('a dispatcher is normal with a deviation of 0.02, its bias zero', () => {
    const values = initialValues(1)
    const weights = matching(values, /token_select.*weight/)
    expect(weights).toHaveLength(2 * width)
    // The deviation of so many draws is within 10 % of that of the distribution.
    expect(deviation(weights)).toBeGreaterThan(0.018)
    expect(deviation(weights)).toBeLessThan(0.022)
    expect(Math.abs(mean(weights))).toBeLessThan(0.004)
    expect(largest(weights)).toBeGreaterThan(0.045)
    expect(largest(matching(values, /token_select.*bias/))).toBe(0)
  })

  it('a head is normal with a deviation of 0.01, its bias zero', () => {
    const values = initialValues(1)
    const weights = matching(values, /^head\.weight/)
    expect(weights).toHaveLength(20 * width)
    expect(deviation(weights)).toBeGreaterThan(0.0097)
    expect(deviation(weights)).toBeLessThan(0.0103)
    expect(largest(weights)).toBeGreaterThan(0.03)
    expect(largest(matching(values, /^head\.bias/))).toBe(0)
  })
})
