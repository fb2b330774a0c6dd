import { type GateProbabilities, rankOf, thresholdAt } from '../../evaluation/gate-probabilities.ts'
import type { BudgetPoint, Measurer } from './point.ts'

/** The threshold of gates in training. */
export const trainedThreshold = 0.5

/** A gap in FLOPs this many times as wide as an even one gets another point. */
const widestGap = 1.5

/** A curve with one threshold for all gates, in order of increasing threshold. */
export interface GlobalCurve {
  readonly global: readonly BudgetPoint[]
  /** The point at 0.5. */
  readonly trained: BudgetPoint
  /** Thresholds omitted because they cost more than a lower one. */
  readonly leftOut: readonly number[]
}

/**
 * Measures a model from all gates open to all closed. `count` thresholds are at even ranks of the observed
 * probabilities; the trained one is added, and wide gaps get up to `count` / 2 further ones.
 */
export async function globalCurve(
  { measure }: Measurer,
  probabilities: GateProbabilities,
  count: number,
): Promise<GlobalCurve> {
  const { pooled, gates } = probabilities
  const at = (threshold: number): Promise<BudgetPoint> =>
    measure(new Array<number>(gates.length).fill(threshold))
  const trained = await at(trainedThreshold)
  const thresholds = Array.from({ length: count }, (_, i) => thresholdAt(pooled, i / (count - 1)))
  const points: BudgetPoint[] = [trained]
  for (const threshold of thresholds) points.push(await at(threshold))
  for (let extra = 0; extra < count / 2; extra++) {
    const middle = middleOfWidest(inOrder(points), pooled, count)
    if (middle === undefined) break
    points.push(await at(middle))
  }
  const { kept, leftOut } = falling(inOrder(points), [trained])
  return { global: kept, trained, leftOut }
}

const thresholdOf = ({ thresholds }: BudgetPoint): number => thresholds[0] as number

/** In order of increasing threshold, each once. */
function inOrder(points: readonly BudgetPoint[]): BudgetPoint[] {
  return [...new Set(points)].sort((a, b) => thresholdOf(a) - thresholdOf(b))
}

/**
 * A threshold inside the widest gap of the curve; undefined if all gaps are even enough or have
 * no values inside.
 */
function middleOfWidest(
  points: readonly BudgetPoint[],
  pooled: readonly number[],
  count: number,
): number | undefined {
  const [open, closed] = [points[0], points.at(-1)] as [BudgetPoint, BudgetPoint]
  const even = (open.flops - closed.flops) / (count - 1)
  const gaps = points.slice(1).map((point, i) => (points[i] as BudgetPoint).flops - point.flops)
  const widest = gaps.indexOf(Math.max(...gaps))
  if (!((gaps[widest] as number) > widestGap * even)) return undefined
  const [low, high] = [points[widest], points[widest + 1]].map((point) => thresholdOf(point as BudgetPoint))
  const rank = (rankOf(pooled, low as number) + rankOf(pooled, high as number)) / 2
  const middle = thresholdAt(pooled, rank)
  return middle > (low as number) && middle < (high as number) ? middle : undefined
}

/**
 * The points whose FLOPs decrease as the threshold rises. A threshold that closes tokens of one layer may
 * open some of a later layer, so a point can cost more than an earlier one: it is removed, unless it is one
 * of `firm`, the first or the last.
 */
export function falling(points: readonly BudgetPoint[], firm: readonly BudgetPoint[]) {
  const kept: BudgetPoint[] = []
  const leftOut: number[] = []
  for (const point of points) {
    const stays = firm.includes(point) || point === points.at(-1)
    const before = (): BudgetPoint | undefined => (kept.length > 1 ? kept.at(-1) : undefined)
    const dearer = (): boolean => point.flops > (kept.at(-1)?.flops ?? Number.POSITIVE_INFINITY)
    for (let last = before(); stays && last && dearer() && !firm.includes(last); last = before())
      leftOut.push(thresholdOf(kept.pop() as BudgetPoint))
    if (stays || !dearer()) kept.push(point)
    else leftOut.push(thresholdOf(point))
  }
  return { kept, leftOut: leftOut.sort((a, b) => a - b) }
}
