import { describe, expect, it } from 'vitest'
import { cosine } from './cosine.ts'
import { multiStep } from './multi-step.ts'
import { polynomial } from './polynomial.ts'
import { withWarmUp } from './warm-up.ts'

const ratesOf = (rateAt: (step: number) => number, steps: readonly number[]): number[] => steps.map(rateAt)
const expectRates = (found: readonly number[], wanted: readonly number[]): void => {
  expect(found).toHaveLength(wanted.length)
  for (const [i, rate] of wanted.entries()) expect(found[i]).toBeCloseTo(rate, 12)
}

describe('polynomial', () => {
  it('falls by a power of the steps left to the minimum', () => {
    const rateAt = polynomial({ learningRate: 1, minimum: 0.2, power: 2, totalSteps: 4 })
    expectRates(ratesOf(rateAt, [0, 1, 2, 3, 4, 9]), [1, 0.65, 0.4, 0.25, 0.2, 0.2])
  })

  it('falls as poly of mmsegmentation where nothing is said', () => {
    // 0.01 (1 - 40000 / 80000)^0.9
    expect(polynomial({ learningRate: 0.01, totalSteps: 80_000 })(40_000)).toBeCloseTo(0.005358867312681, 12)
  })
})

describe('multiStep', () => {
  it('falls at each milestone', () => {
    const rateAt = multiStep({ learningRate: 2, milestones: [5, 3], gamma: 0.5 })
    expectRates(ratesOf(rateAt, [0, 2, 3, 4, 5, 9]), [2, 2, 1, 1, 0.5, 0.5])
    expectRates(ratesOf(multiStep({ learningRate: 1, milestones: [1] }), [0, 1]), [1, 0.1])
  })
})

describe('withWarmUp', () => {
  it('raises the factor in a straight line', () => {
    const rateAt = withWarmUp(() => 8, { steps: 4, startFactor: 0.5 })
    expectRates(ratesOf(rateAt, [0, 1, 2, 3, 4, 5]), [4, 5, 6, 7, 8, 8])
  })

  it('lowers the rate that the schedule has at the step', () => {
    const poly = polynomial({ learningRate: 6e-5, power: 1, totalSteps: 160_000 })
    const rateAt = withWarmUp(poly, { steps: 1500, startFactor: 1e-6 })
    expect(rateAt(0)).toBeCloseTo(6e-11, 20)
    expect(rateAt(750)).toBeCloseTo(6e-5 * (1 - 750 / 160_000) * (1e-6 + (1 - 1e-6) / 2), 15)
    expect(rateAt(1500)).toBe(poly(1500))
  })

  it('changes nothing after its last step', () => {
    const plain = cosine({ learningRate: 1, minimum: 0, warmupSteps: 0, totalSteps: 10 })
    const warmed = withWarmUp(plain, { steps: 3 })
    expect(ratesOf(warmed, [3, 6, 10])).toEqual(ratesOf(plain, [3, 6, 10]))
    expect(warmed(0)).toBe(0)
  })
})
