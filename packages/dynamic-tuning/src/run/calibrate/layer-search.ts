import { modelCost } from '../../cost/model-cost.ts'
import { type GateProbabilities, rankOf, thresholdAt } from '../../evaluation/gate-probabilities.ts'
import type { TunedModel } from '../tuned-run.ts'
import type { BudgetPoint, Measurer } from './point.ts'

/** What a search starts from and how far it may go. */
export interface LayerSearch {
  readonly model: TunedModel
  readonly measurer: Measurer
  readonly probabilities: GateProbabilities
  /** Points with one threshold for all gates, in any order. */
  readonly global: readonly BudgetPoint[]
  /** The search ends after so many evaluations. */
  readonly evaluations: number
  /** Steps from the start to everything closed. */
  readonly steps: number
}

/** Candidates that are measured anew in a step before the best of them is taken. */
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
 * A path of thresholds, one for each gate: from the global point of least loss, each step closes some tokens of one gate,
 * about `1 / steps` of the FLOPs on the way, where the validation loss rises least for what is saved. Prices of earlier
 * steps are kept, and only the most promising gates are measured again (lazy greedy search).
 * @returns the start and every step taken, by falling FLOPs
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
  /** How large a share of each gate's decisions a step closes. */
  readonly shares: readonly number[]
  readonly step: number
  /** No more evaluations than so many. */
  readonly last: number
}

/** The step with the lowest price among those measured; undefined where no gate is left or nothing more may be measured. */
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

/** Measures the next point of a gate, some more of its decisions closed. */
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

/** FLOPs between each gate open and closed, the others half open. */
function gateCosts({ network }: TunedModel): number[] {
  const half = network.gates.sites.map(() => ({ rate: 0.5 }))
  const cost = (gate: number, rate: number): number =>
    modelCost({ network, gates: half.with(gate, { rate }) }).flops.total
  return half.map((_, gate) => cost(gate, 1) - cost(gate, 0))
}
