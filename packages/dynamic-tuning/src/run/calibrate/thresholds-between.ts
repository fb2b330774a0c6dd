import { ConfigError } from '../../errors.ts'
import { type GateProbabilities, rankOf, thresholdAt } from '../../evaluation/gate-probabilities.ts'
import type { Measure } from '../../evaluation/measure.ts'
import { type BudgetPoint, bestPoint, bestWithin } from './point.ts'

/**
 * Between calibrated points the target is lowered by this share, so that the result stays below
 * the asked share.
 */
const margin = 0.003

/**
 * Thresholds for at most `share` of the static model's FLOPs: those of the best calibrated point within it.
 * If that is the most expensive one within it and the next dearer one is better still, they are moved towards
 * that one as far as the share allows. `points`, in order of decreasing FLOPs, reach down to `share`.
 * @throws ConfigError if no point is within it
 */
export function thresholdsWithin(
  points: readonly BudgetPoint[],
  share: number,
  { probabilities, measure }: { readonly probabilities: GateProbabilities; readonly measure: Measure },
): readonly number[] {
  const best = bestWithin(points, share, measure)
  if (best === undefined)
    throw new ConfigError(
      `budget: no calibrated point costs at most ${share} of the static model's FLOPs. Give more.`,
    )
  const at = points.findIndex((point) => point.share <= share)
  const dearer = points[at - 1]
  if (best !== points[at] || dearer === undefined || bestPoint([best, dearer], measure) === best)
    return best.thresholds
  return thresholdsBelow(points, share, probabilities)
}

/**
 * Thresholds for a little less than `share` of the static model's FLOPs, between the neighbouring points:
 * those of the cheaper one if that is close.
 */
export function thresholdsBelow(
  points: readonly BudgetPoint[],
  share: number,
  probabilities: GateProbabilities,
): readonly number[] {
  const dearest = points.find((point) => point.share <= share) as BudgetPoint
  return thresholdsBetween(points, Math.max(dearest.share, share - margin), probabilities)
}

/**
 * Thresholds for `share` of the static model's FLOPs, between those of the neighbouring calibrated points:
 * each gate's share of closed decisions is interpolated linearly. `points`, in order of decreasing FLOPs,
 * reach down to `share`.
 */
export function thresholdsBetween(
  points: readonly BudgetPoint[],
  share: number,
  { pooled, gates }: GateProbabilities,
): readonly number[] {
  const at = points.findIndex((point) => point.share <= share)
  const [dear, cheap] = [points[at - 1], points[at] as BudgetPoint]
  if (dear === undefined || cheap.share === share) return cheap.thresholds
  const towards = (share - cheap.share) / (dear.share - cheap.share)
  const common = [dear, cheap].every(({ thresholds }) => thresholds.every((value) => value === thresholds[0]))
  return cheap.thresholds.map((high, gate) => {
    const low = dear.thresholds[gate] as number
    if (low === high) return low
    const table = common ? pooled : (gates[gate] as readonly number[])
    const rank = rankOf(table, high) + towards * (rankOf(table, low) - rankOf(table, high))
    const [least, most] = [Math.min(low, high), Math.max(low, high)]
    return Math.min(most, Math.max(least, thresholdAt(table, rank)))
  })
}
