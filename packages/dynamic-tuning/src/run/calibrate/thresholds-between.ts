import { type GateProbabilities, rankOf, thresholdAt } from '../../evaluation/gate-probabilities.ts'
import type { BudgetPoint } from './point.ts'

/** What lies between calibrated points is looked up so much below the asked share: it must not turn out above. */
const margin = 0.003

/**
 * Thresholds for at most `share` of the static model's FLOPs: those of the dearest calibrated point within it where that is
 * close, else between it and the next dearer one. `points`, by falling FLOPs, reach down to `share`.
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
 * Thresholds for `share` of the static model's FLOPs, between those of the calibrated points around it: the share of
 * decisions that each closes changes evenly from one point to the other. `points`, by falling FLOPs, reach down to `share`.
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
