import { modelCost } from '../../cost/model-cost.ts'
import type { Loader } from '../../data/loader/loader.ts'
import type { Classifier } from '../../evaluation/classifier.ts'
import { evaluate } from '../../evaluation/evaluate.ts'
import { ratePerLayer } from '../../evaluation/gate-activity.ts'
import { depthOf } from '../../models/families.ts'
import { staticFlops } from '../summary.ts'
import type { TunedModel } from '../tuned-run.ts'

/** A tuned model at some thresholds, as measured on validation images. */
export interface BudgetPoint {
  /** Least gate probability of an active token, one for each gate. */
  readonly thresholds: readonly number[]
  readonly activeRate: number
  readonly activeRatePerLayer: readonly number[]
  /** Multiply-accumulates of an image, at the shares of active tokens that occurred. */
  readonly flops: number
  /** The same as a share of the static ViT's. */
  readonly share: number
  /** Share of images classified right. */
  readonly accuracy: number
  /** Mean cross-entropy. */
  readonly loss: number
  readonly imagesPerSecond: number
  /** Median milliseconds of a batch, where latency was asked for. */
  readonly latencyMs?: number
}

/** A point of a curve with the upper envelope there. */
export interface CurvePoint extends BudgetPoint {
  /** The best accuracy at no more FLOPs: what this budget can buy. */
  readonly bestAccuracy: number
}

/** Measures a model at any thresholds, each once. */
export interface Measurer {
  measure(thresholds: readonly number[]): Promise<BudgetPoint>
  /** How many evaluations there have been. */
  readonly evaluations: number
}

/** A measurer on all images of a loader. `onEvaluation` hears of each. */
export function measurer(
  model: TunedModel,
  classifier: Classifier,
  loader: Loader<number>,
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
  { config, tuner, settings }: TunedModel,
  classifier: Classifier,
  loader: Loader<number>,
  thresholds: readonly number[],
): Promise<BudgetPoint> {
  const { gates, accuracy, loss, images, seconds, activeRate } = await evaluate(
    classifier,
    loader,
    undefined,
    thresholds,
  )
  const flops = modelCost({ config, tuner, options: settings, gates }).flops.total
  return {
    thresholds,
    activeRate: activeRate as number,
    activeRatePerLayer: ratePerLayer(gates, depthOf(config)),
    flops,
    share: flops / staticFlops(config),
    accuracy,
    loss,
    imagesPerSecond: images / seconds,
  }
}

/** Points by falling FLOPs, each with the best accuracy at no more FLOPs. */
export function envelope(points: readonly BudgetPoint[]): CurvePoint[] {
  let bestAccuracy = 0
  return points
    .toSorted((a, b) => a.flops - b.flops)
    .map((point) => {
      bestAccuracy = Math.max(bestAccuracy, point.accuracy)
      return { ...point, bestAccuracy }
    })
    .reverse()
}
