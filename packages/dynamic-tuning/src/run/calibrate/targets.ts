import { ConfigError } from '../../errors.ts'
import type { GateProbabilities } from '../../evaluation/gate-probabilities.ts'
import { type Measure, shownValue, valueIn } from '../../evaluation/measure.ts'
import { type BudgetPoint, bestPoint, bestWithin, type Measurer } from './point.ts'
import { thresholdsBelow, thresholdsBetween } from './thresholds-between.ts'

/** A target: a share of FLOPs, milliseconds per batch, or points of the primary measure that may be lost. */
export interface Target {
  /** `flops`, `latency`, or the name of the measure followed by `Drop`. */
  readonly kind: string
  readonly asked: number
}

/** A target with the point that meets it. */
export interface MetTarget extends Target {
  readonly point: BudgetPoint
}

/** What the search for targets works on. */
export interface TargetSearch {
  /** The task's primary measure. */
  readonly measure: Measure
  readonly measurer: Measurer
  readonly probabilities: GateProbabilities
  readonly trained: BudgetPoint
  /** The curve, in any order. */
  readonly points: readonly BudgetPoint[]
}

/** Tolerates rounding errors in measures that are shares. */
const rounding = 1e-9
/** A share this close below the target is good enough. */
const closeEnough = 0.005
/** Limit of evaluations for one target. */
export const tries = 5

/**
 * The best measured point of at most `share` of the static model's FLOPs. Before it is chosen, points just
 * below the share are measured too. `share` is at least that of all gates closed.
 * @throws ConfigError if no point is within it
 */
export async function pointWithin(search: TargetSearch, share: number): Promise<BudgetPoint> {
  const points = [...search.points]
  for (let attempt = 0; attempt < tries; attempt++) {
    points.sort((a, b) => b.flops - a.flops)
    const dearest = points.find((point) => point.share <= share)
    if (dearest === undefined || share - dearest.share <= closeEnough || dearest === points[0]) break
    const next = await search.measurer.measure(thresholdsBelow(points, share, search.probabilities))
    if (points.includes(next)) break
    points.push(next)
  }
  const best = bestWithin(points, share, search.measure)
  if (best) return best
  throw new ConfigError(`calibrate: no point costs at most ${share} of the static model's FLOPs. Give more.`)
}

/**
 * The cheapest measured point that loses at most `drop` points against the trained one, found by bisection.
 */
export async function pointWithoutLoss(search: TargetSearch, drop: number): Promise<BudgetPoint> {
  const points = [...search.points]
  const { measure, trained } = search
  const enough = (point: BudgetPoint): boolean =>
    lossOf(measure, valueIn(trained, measure), valueIn(point, measure)) <=
    drop / shownValue(measure, 1) + rounding
  const cheapest = (): BudgetPoint => points.filter(enough).reduce((a, b) => (b.flops < a.flops ? b : a))
  for (let attempt = 0; attempt < tries; attempt++) {
    points.sort((a, b) => b.flops - a.flops)
    const best = cheapest()
    const below = points[points.lastIndexOf(best) + 1]
    if (below === undefined || best.share - below.share <= closeEnough) break
    const middle = (best.share + below.share) / 2
    const next = await search.measurer.measure(thresholdsBetween(points, middle, search.probabilities))
    if (points.includes(next)) break
    points.push(next)
  }
  return cheapest()
}

/** How much worse `value` is than `before`. */
function lossOf({ better }: Measure, before: number, value: number): number {
  return better === 'higher' ? before - value : value - before
}

/** The best point whose batch takes at most `ms`. @throws ConfigError if there is none */
export function pointInTime(
  points: readonly BudgetPoint[],
  ms: number,
  { batch, measure }: { readonly batch: number; readonly measure: Measure },
): BudgetPoint {
  const times = points.map(({ latencyMs = Number.NaN }) => latencyMs)
  const [first, ...others] = points.filter(({ latencyMs = Number.NaN }) => latencyMs <= ms)
  if (first === undefined)
    throw new ConfigError(
      `calibrate: --latency ${ms}ms, but the fastest point takes ${Math.min(...times).toFixed(1)} ms for ${batch} image${batch === 1 ? '' : 's'} here. The curve is saved; give more time.`,
    )
  return bestPoint([first, ...others], measure)
}
