import type { TensorData } from '@dynamic-tuning/engine'
import type { Loader } from '../data/loader/loader.ts'
import { depthOf } from '../models/families.ts'
import type { Classifier, Prediction } from './classifier.ts'
import { classifyBatch } from './classify-batch.ts'
import { ActivityTally, type GateActivity, meanRate, ratePerLayer } from './gate-activity.ts'
import type { Score, Tally } from './tally.ts'

/** How well a model did on labelled samples, and the share of tokens that were active. */
export interface Evaluation extends Score {
  readonly images: number
  /** Share of active patch tokens over all images and gates; undefined without dispatch. */
  readonly activeRate: number | undefined
  /** Mean over the gates of each layer; 1 for layers without gates. */
  readonly activeRatePerLayer: readonly number[] | undefined
  /** Activity of each gate; empty without dispatch. */
  readonly gates: readonly GateActivity[]
  /** Seconds spent in the model, without loading. */
  readonly seconds: number
}

/** Options of an evaluation. */
export interface EvaluateOptions {
  /** The trained weights, if the model takes them as inputs. */
  readonly weights?: ReadonlyMap<string, TensorData>
  /** Smallest gate probability of an active token, for all gates or for each. */
  readonly thresholds?: number | readonly number[]
}

/**
 * Runs a model on all samples of a loader, joins the outputs of each example, and
 * adds them to an empty tally.
 */
export async function evaluate(
  classifier: Classifier,
  loader: Pick<Loader, 'epoch' | 'sample'>,
  tally: Tally,
  { weights, thresholds }: EvaluateOptions = {},
): Promise<Evaluation> {
  const gates = new GateTally(classifier)
  const { sample } = loader
  let [images, seconds, first, largest] = [0, 0, 0, 0]
  for await (const { images: pixels, rows, size, truths, places } of loader.epoch(0)) {
    const start = performance.now()
    // The last batch may be smaller; its passes are as large as those of the others.
    largest = Math.max(largest, size)
    const options = { weights, first, ...(thresholds !== undefined && { thresholds }) }
    const prediction = await classifyBatch(
      classifier,
      sample,
      { images: pixels, rows, size: largest },
      options,
    )
    const outputs = sample.join(prediction.outputs, size)
    seconds += (performance.now() - start) / 1000
    tally.add(outputs, truths, places)
    gates.add(prediction)
    images += size
    first += rows
  }
  return { ...tally.result(), images, ...gates.result(), seconds }
}

/** Adds up the activity of a model's gates over several predictions. */
class GateTally {
  private readonly activity: ActivityTally
  private readonly depth: number
  private dispatched = false

  constructor({ settings: { network }, gates: { sites, perGate } }: Classifier) {
    const { config } = network
    this.activity = new ActivityTally(sites, perGate)
    this.depth = depthOf(config)
  }

  add({ masks, shares }: Prediction): void {
    if (masks === undefined) return
    this.dispatched = true
    this.activity.add(masks, shares)
  }

  result(): Pick<Evaluation, 'activeRate' | 'activeRatePerLayer' | 'gates'> {
    if (!this.dispatched) return { activeRate: undefined, activeRatePerLayer: undefined, gates: [] }
    const gates = this.activity.result()
    return { activeRate: meanRate(gates), activeRatePerLayer: ratePerLayer(gates, this.depth), gates }
  }
}
