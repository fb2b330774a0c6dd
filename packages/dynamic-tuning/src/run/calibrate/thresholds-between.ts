import { type GateProbabilities, rankOf, thresholdAt } from '../../evaluation/gate-probabilities.ts'
import type { BudgetPoint } from './point.ts'

/**
 * Between calibrated points the target is lowered by this share, so that the result stays below
 * the asked share.
 */
const margin = 0.003

/**
 * Thresholds for at most `share` of the static model's FLOPs: those of the most expensive calibrated point
 * within it if that is close, else between it and the next one. `points`, in order of decreasing FLOPs, reach
 * down to `share`.
 */
export function thresholdsWithin(
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
