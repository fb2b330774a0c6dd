import { describe, expect, it } from 'vitest'
import type { GateProbabilities } from '../../evaluation/gate-probabilities.ts'
import { valueIn } from '../../evaluation/measure.ts'
import { accuracy } from '../../tasks/classification/measures.ts'
import { falling, globalCurve } from './curve.ts'
import { type BudgetPoint, bestIn, bestPoint, bestWithin, envelope, type Measurer } from './point.ts'
import { pointInTime, pointWithin, pointWithoutLoss } from './targets.ts'
import { thresholdsBetween, thresholdsWithin } from './thresholds-between.ts'

const table = Array.from({ length: 97 }, (_, i) => (i / 96) ** 2)
const probabilities: GateProbabilities = { pooled: table, gates: [table, table] }

/** Two gates whose decisions are spread like the table; accuracy as `accuracyAt` says of the share. */
function model(accuracyAt: (share: number) => number): Measurer {
  const known = new Map<string, BudgetPoint>()
  return {
    async measure(thresholds) {
      const found = known.get(thresholds.join())
      if (found) return found
      const rates = thresholds.map((value) => 1 - Math.sqrt(value))
      const activeRate = rates.reduce((a, b) => a + b, 0) / 2
      const share = 0.4 + 0.6 * activeRate
      const point = {
        thresholds,
        activeRate,
        activeRatePerLayer: rates,
        flops: 1e6 * share,
        share,
        accuracy: accuracyAt(share),
        loss: 1 - share,
        imagesPerSecond: 1,
      }
      known.set(thresholds.join(), point)
      return point
    },
    get evaluations() {
      return known.size
    },
  }
}

const accuracyOf = (point: BudgetPoint): number => valueIn(point, accuracy)

describe('globalCurve', () => {
  it('spreads FLOPs evenly from everything open to everything closed, the trained threshold among them', async () => {
    const { global, trained, leftOut } = await globalCurve(
      model(() => 0.5),
      probabilities,
      13,
    )
    expect(global.map(({ thresholds }) => thresholds[0])).toEqual(
      global.map(({ thresholds }) => thresholds[0] as number).sort((a, b) => a - b),
    )
    expect([global[0]?.share, global.at(-1)?.share]).toEqual([1, 0.4])
    expect(trained.thresholds).toEqual([0.5, 0.5])
    expect(global).toContain(trained)
    expect(leftOut).toEqual([])
    const gaps = global.slice(1).map((point, i) => (global[i] as BudgetPoint).share - point.share)
    expect(Math.max(...gaps)).toBeLessThan(1.5 * 0.05)
    expect(Math.min(...gaps)).toBeGreaterThan(0)
  })

  it('leaves out what costs more than a lower threshold, but never the trained one', () => {
    const at = (threshold: number, flops: number) =>
      ({ thresholds: [threshold], flops }) as unknown as BudgetPoint
    const trained = at(0.5, 60)
    const points = [at(0, 100), at(0.2, 50), at(0.3, 55), trained, at(0.7, 65), at(0.8, 40), at(1, 30)]
    const { kept, leftOut } = falling(points, [trained])
    expect(kept.map(({ flops }) => flops)).toEqual([100, 60, 40, 30])
    expect(leftOut).toEqual([0.2, 0.3, 0.7])
  })
})

describe('envelope', () => {
  it('is the best accuracy at no more FLOPs', () => {
    const points = [
      [10, 0.3],
      [30, 0.5],
      [20, 0.6],
      [40, 0.55],
    ].map(([flops, value]) => ({ flops, accuracy: value }) as object as BudgetPoint)
    const found = envelope(points, accuracy)
    expect(found.map((point) => [point.flops, bestIn(point, accuracy)])).toEqual([
      [40, 0.6],
      [30, 0.6],
      [20, 0.6],
      [10, 0.3],
    ])
  })
})

describe('targets', () => {
  const search = async (accuracyAt: (share: number) => number) => {
    const measurer = model(accuracyAt)
    const { global, trained } = await globalCurve(measurer, probabilities, 13)
    return { measure: accuracy, measurer, probabilities, trained, points: global }
  }

  it('closes in on a share of FLOPs from below', async () => {
    const on = await search(() => 0.5)
    expect(thresholdsWithin(on.points, 0.6, on)[0]).toBeGreaterThan(
      thresholdsBetween(on.points, 0.6, on.probabilities)[0] as number,
    )
    for (const share of [0.43, 0.6, 0.777, 0.99, 1.1]) {
      const point = await pointWithin(on, share)
      expect(point.share).toBeLessThanOrEqual(share)
      expect(point.share).toBeGreaterThan(Math.min(share, 1) - 0.006)
    }
  })

  it('finds the cheapest point that loses no more than asked', async () => {
    // One point of accuracy for each hundredth of a share below 0.7.
    const on = await search((share) => 0.9 - Math.max(0, 0.7 - share))
    expect(accuracyOf(on.trained)).toBeCloseTo(0.9 - (0.7 - on.trained.share), 12)
    const found = await pointWithoutLoss(on, 5)
    expect(accuracyOf(found)).toBeGreaterThanOrEqual(accuracyOf(on.trained) - 0.05)
    expect(found.share).toBeLessThan(on.trained.share - 0.05 + 0.006)
    expect(accuracyOf(await pointWithoutLoss(on, 0))).toBeGreaterThanOrEqual(accuracyOf(on.trained))
  })

  it('chooses on the envelope where a dearer point within the budget is worse', async () => {
    // The best is at 0.7; what costs more is worse, down to a third between 0.8 and 0.9.
    const on = await search((share) => (share < 0.8 ? 0.9 - Math.abs(share - 0.7) : share < 0.9 ? 0.3 : 0.85))
    const within = (share: number) => on.points.filter((point) => point.share <= share)
    for (const share of [0.85, 0.95, 1.1]) {
      const best = Math.max(...within(share).map(accuracyOf))
      expect(accuracyOf(await pointWithin(on, share))).toBeGreaterThanOrEqual(best)
      const thresholds = thresholdsWithin(on.points, share, on)
      expect(
        on.points.filter((point) => accuracyOf(point) === best).map((each) => each.thresholds),
      ).toContainEqual(thresholds)
    }
    // Below the best, the curve rises: between two points the thresholds are moved towards the dearer one.
    const [low = 0, high = 0] = [...on.points.map(({ share }) => share)]
      .sort()
      .filter((share) => share < 0.69)
    const between = thresholdsWithin(on.points, (low + high) / 2, on)
    expect(on.points.map(({ thresholds }) => thresholds)).not.toContainEqual(between)
    const share = (await on.measurer.measure(between)).share
    expect(share).toBeGreaterThan(low)
    expect(share).toBeLessThan((low + high) / 2)
    // Just below the worst points, they are not moved.
    const [top = 0] = [...on.points.map((point) => point.share)]
      .sort((a, b) => b - a)
      .filter((each) => each < 0.8)
    const stays = thresholdsWithin(on.points, top + 0.01, on)
    expect(on.points.map(({ thresholds }) => thresholds)).toContainEqual(stays)
    expect(() => thresholdsWithin(on.points, 0.39, on)).toThrow(
      /^budget: no calibrated point costs at most 0\.39/,
    )
  })

  it('of equal points takes that of least loss, then of fewest FLOPs', () => {
    const point = (value: number, loss: number, flops: number) =>
      ({ accuracy: value, loss, flops, share: flops / 100 }) as object as BudgetPoint
    const [a, b, c, d] = [point(0.5, 1, 10), point(0.6, 2, 40), point(0.6, 1, 60), point(0.6, 1, 50)]
    expect(bestPoint([a, b, c, d], accuracy)).toBe(d)
    expect(bestPoint([a, b], { ...accuracy, better: 'lower' })).toBe(a)
    expect(bestWithin([a, b, c, d], 0.5, accuracy)).toBe(d)
    expect(bestWithin([a, b, c, d], 0.49, accuracy)).toBe(b)
    expect(bestWithin([a, b, c, d], 0.05, accuracy)).toBeUndefined()
  })

  it('takes the best point in time, and says what the fastest takes', async () => {
    const { points } = await search((share) => (share < 0.6 ? 0.5 : share))
    const timed = points.map((point) => ({ ...point, latencyMs: 10 * point.share }))
    const one = { batch: 1, measure: accuracy }
    expect(pointInTime(timed, 7, one).share).toBe(
      Math.max(...timed.map(({ share }) => share).filter((share) => share <= 0.7)),
    )
    const falls = timed.map((point) => ({ ...point, accuracy: 1 - point.share }))
    expect(pointInTime(falls, 7, one).share).toBe(0.4)
    expect(() => pointInTime(timed, 3, { ...one, batch: 2 })).toThrow(
      /^calibrate: --latency 3ms, but the fastest point takes 4\.0 ms for 2 images here\. .*$/,
    )
  })
})

describe('thresholdsBetween', () => {
  it('changes closed shares evenly between two points, and ends at their thresholds', async () => {
    const { measure } = model(() => 0.5)
    const points = [await measure([0.04, 0.36]), await measure([0.25, 0.36]), await measure([1, 1])]
    expect(thresholdsBetween(points, 2, probabilities)).toEqual([0.04, 0.36])
    expect(thresholdsBetween(points, (points[1] as BudgetPoint).share, probabilities)).toEqual([0.25, 0.36])
    const [dear, cheap] = points.map(({ share }) => share) as [number, number]
    const half = thresholdsBetween(points, (dear + cheap) / 2, probabilities)
    expect(half[0]).toBeCloseTo(0.35 ** 2, 3)
    expect(half[1]).toBe(0.36)
    expect((await measure(half)).share).toBeCloseTo((dear + cheap) / 2, 3)
  })
})
