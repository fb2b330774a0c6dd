import { modelCost } from '../../cost/model-cost.ts'
import { staticFlops } from '../../cost/static-flops.ts'
import type { Loader } from '../../data/loader/loader.ts'
import type { Classifier } from '../../evaluation/classifier.ts'
import { evaluate } from '../../evaluation/evaluate.ts'
import { ratePerLayer } from '../../evaluation/gate-activity.ts'
import { bestFirst, isBetter, type Measure, valueIn } from '../../evaluation/measure.ts'
import { depthOf } from '../../models/families.ts'
import { fieldOf } from '../../training/field-of.ts'
import type { TunedModel } from '../tuned-run.ts'

/**
 * A tuned model at some thresholds, as measured on validation images. It also has the value of the task's
 * primary measure, under the measure's name: read it with `valueIn`.
 */
export interface BudgetPoint {
  /** Least gate probability of an active token, one for each gate. */
  readonly thresholds: readonly number[]
  readonly activeRate: number
  readonly activeRatePerLayer: readonly number[]
  /** Multiply-accumulates of an image, at the observed shares of active tokens. */
  readonly flops: number
  /** `flops` as a share of the static ViT's. */
  readonly share: number
  /** The task's loss, mean over images. */
  readonly loss: number
  readonly imagesPerSecond: number
  /** Median milliseconds of a batch, if latency was asked for. */
  readonly latencyMs?: number
}

/**
 * A point of a curve with its upper envelope: the best value of the primary measure at no more FLOPs, under
 * `fieldOf('best', measure)`. Read it with `bestIn`.
 */
export type CurvePoint = BudgetPoint

/** The upper envelope at a point of a curve. */
export function bestIn(point: CurvePoint, measure: Measure): number {
  return valueIn(point, { name: fieldOf('best', measure) })
}

/** Measures a model at any thresholds, each only once. */
export interface Measurer {
  measure(thresholds: readonly number[]): Promise<BudgetPoint>
  /** Number of evaluations so far. */
  readonly evaluations: number
}

/** A measurer on all images of a loader. `onEvaluation` is called after each evaluation. */
export function measurer(
  model: TunedModel,
  classifier: Classifier,
  loader: Loader,
  onEvaluation: (count: number) => void = () => {},
): Measurer {
  const known = new Map<string, BudgetPoint>()
  return {
    async measure(thresholds) {
      const found = known.get(thresholds.join())
      if (found) return found
      const point = await measurePoint(model, classifier, loader, thresholds)
      known.set(thresholds.join(), point)
      onEvaluation(known.size)
      return point
    },
    get evaluations() {
      return known.size
    },
  }
}

async function measurePoint(
  model: TunedModel,
  classifier: Classifier,
  loader: Loader,
  thresholds: readonly number[],
): Promise<BudgetPoint> {
  const { config, network, task } = model
  const found = await evaluate(classifier, loader, task.tally(model), { thresholds })
  const [measure] = task.measures
  const { gates, measures, loss, images, seconds, activeRate = 1 } = found
  const flops = modelCost({ network, gates }).flops.total
  return {
    thresholds,
    activeRate,
    activeRatePerLayer: ratePerLayer(gates, depthOf(config)),
    flops,
    share: flops / staticFlops(network),
    [measure.name]: valueIn(measures, measure),
    loss,
    imagesPerSecond: images / seconds,
  }
}

/**
 * The best of some points: the one with the best value of the measure; among equals that of least loss, then
 * that of fewest FLOPs. It is a point of the upper envelope.
 */
export function bestPoint<P extends BudgetPoint>(points: readonly [P, ...P[]], measure: Measure): P {
  const order = bestFirst(measure)
  const [best] = points.toSorted(
    (a, b) => order(valueIn(a, measure), valueIn(b, measure)) || a.loss - b.loss || a.flops - b.flops,
  )
  return best ?? points[0]
}

/** The best of the points that cost at most `share` of the static model's FLOPs; undefined if none does. */
export function bestWithin<P extends BudgetPoint>(
  points: readonly P[],
  share: number,
  measure: Measure,
): P | undefined {
  const [first, ...others] = points.filter((point) => point.share <= share)
  return first && bestPoint([first, ...others], measure)
}

/** Points in order of decreasing FLOPs, each with the best value of the measure at no more FLOPs. */
export function envelope(points: readonly BudgetPoint[], measure: Measure): CurvePoint[] {
  let best: number | undefined
  return points
    .toSorted((a, b) => a.flops - b.flops)
    .map((point) => {
      const value = valueIn(point, measure)
      best = best === undefined || isBetter(measure, value, best) ? value : best
      return { ...point, [fieldOf('best', measure)]: best }
    })
    .reverse()
}
