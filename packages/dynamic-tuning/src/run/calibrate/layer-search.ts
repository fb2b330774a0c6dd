import { modelCost } from '../../cost/model-cost.ts'
import { type GateProbabilities, rankOf, thresholdAt } from '../../evaluation/gate-probabilities.ts'
import type { TunedModel } from '../tuned-run.ts'
import type { BudgetPoint, Measurer } from './point.ts'

/** Input and limits of a search. */
export interface LayerSearch {
  readonly model: TunedModel
  readonly measurer: Measurer
  readonly probabilities: GateProbabilities
  /** Points with one threshold for all gates, in any order. */
  readonly global: readonly BudgetPoint[]
  /** Limit of evaluations. */
  readonly evaluations: number
  /** Steps from the start to all gates closed. */
  readonly steps: number
}

/** Candidates that are measured again in a step before the best of them is taken. */
const freshPerStep = 3

interface Candidate {
  readonly gate: number
  /** Loss gained per FLOP saved when last measured; lower is better. */
  price: number
  /** The step of that measurement. */
  step: number
  point?: BudgetPoint
}

/**
 * A path of thresholds, one for each gate. It starts at the global point of least loss; each step closes some
 * tokens of one gate, about `1 / steps` of the FLOPs on the way, choosing the gate with the least increase of
 * validation loss per saved FLOP. Prices of earlier steps are kept, and only the most promising gates are
 * measured again (lazy greedy search).
 * @returns the start and every step, in order of decreasing FLOPs
 */
export async function searchLayers(search: LayerSearch): Promise<BudgetPoint[]> {
  const { global, measurer, steps, model } = search
  const start = global.reduce((best, point) => (point.loss < best.loss ? point : best))
  const stride = (start.flops - Math.min(...global.map(({ flops }) => flops))) / steps
  const shares = gateCosts(model).map((cost) => stride / cost)
  const candidates = start.thresholds.map((_, gate): Candidate => ({ gate, price: -Infinity, step: -1 }))
  const last = measurer.evaluations + search.evaluations
  const path = [start]
  while (stride > 0) {
    const [current, step] = [path.at(-1) as BudgetPoint, path.length]
    const next = await cheapestStep(candidates, search, { current, shares, step, last })
    if (next === undefined) break
    path.push(next)
  }
  return path
}

interface At {
  readonly current: BudgetPoint
  /** Share of each gate's decisions that a step closes. */
  readonly shares: readonly number[]
  readonly step: number
  /** Limit of evaluations. */
  readonly last: number
}

/** The measured step with the lowest price; undefined if no gate is left or the limit is reached. */
async function cheapestStep(
  candidates: readonly Candidate[],
  search: LayerSearch,
  at: At,
): Promise<BudgetPoint | undefined> {
  const open = candidates.filter(({ gate }) => (at.current.thresholds[gate] as number) < 1)
  const most = at.step === 1 ? open.length : freshPerStep
  for (let fresh = 0; fresh < most && search.measurer.evaluations < at.last; fresh++) {
    open.sort((a, b) => a.price - b.price)
    const [first] = open
    if (first === undefined || first.step === at.step) break
    await price(first, search, at)
  }
  const [best] = open.filter(({ step }) => step === at.step).sort((a, b) => a.price - b.price)
  return best?.price === Infinity ? undefined : best?.point
}

/** Measures the next point of a gate, with some more of its decisions closed. */
async function price(
  candidate: Candidate,
  { measurer, probabilities }: LayerSearch,
  { current, shares, step }: At,
): Promise<void> {
  const { gate } = candidate
  const table = probabilities.gates[gate] as readonly number[]
  const now = current.thresholds[gate] as number
  const next = Math.max(now, thresholdAt(table, rankOf(table, now) + (shares[gate] as number)))
  const point = await measurer.measure(current.thresholds.with(gate, next > now ? next : 1))
  const saved = current.flops - point.flops
  candidate.step = step
  candidate.point = point
  candidate.price = saved > 0 ? (point.loss - current.loss) / saved : Infinity
}

/** FLOPs between each gate open and closed, with the others half open. */
function gateCosts({ network }: TunedModel): number[] {
  const half = network.gates.sites.map(() => ({ rate: 0.5 }))
  const cost = (gate: number, rate: number): number =>
    modelCost({ network, gates: half.with(gate, { rate }) }).flops.total
  return half.map((_, gate) => cost(gate, 1) - cost(gate, 0))
}
