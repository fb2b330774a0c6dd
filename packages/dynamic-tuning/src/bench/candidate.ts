import type { Precision } from '@dynamic-tuning/engine'
import { modelCost } from '../cost/model-cost.ts'
import { rateForShare } from '../cost/rate-for-share.ts'
import { staticFlops } from '../cost/static-flops.ts'
import { Classifier, type Prediction } from '../evaluation/classifier.ts'
import { ActivityTally, type GateActivity, meanRate } from '../evaluation/gate-activity.ts'
import { randomModel } from '../evaluation/random-model.ts'
import { modelOf } from '../models/model.ts'
import type { ModelConfig } from '../models/model-config.ts'
import { layoutOf } from '../models/samples/layout-of.ts'
import { imageRows } from '../models/samples/sample-layout.ts'
import { checkNetwork } from '../network/check-network.ts'
import { mergeTuned } from '../network/merge.ts'
import { network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import type { BaselineModel } from './baseline.ts'
import { type BenchCase, benchCase } from './case.ts'
import { noiseImages } from './result.ts'
import { type BenchPlace, benchCompile } from './types.ts'

/** A model that is measured in turn with the others. */
export interface Candidate {
  readonly name: string
  readonly precision: Precision
  run(images: Float32Array): Promise<unknown>
  /** Share of active tokens in the last run, and its cost. */
  cost(): CandidateCost
  release(): Promise<void>
}

/** Cost of a run per image or clip. */
export interface CandidateCost {
  readonly activeRate: number | null
  /** Multiply-accumulates that are computed. */
  readonly macs: number
  /** Speed-up over the static model that the whole model's multiply-accumulates promise. */
  readonly promise: number
}

/** The static model or a method with random weights, merged into the dense ones where it can be. */
export async function methodCandidate(
  name: string,
  config: ModelConfig,
  place: BenchPlace,
): Promise<Candidate> {
  const spelled =
    name === 'static' ? { ...benchCase('linear:precision=fp32', place), name } : benchCase(name, place)
  return candidateOf(spelled, await openCase(spelled, config, place))
}

/** Compiles the model of a case for inference. */
export async function openCase(
  { tuner, options: given, reduction, ...spelled }: BenchCase,
  config: ModelConfig,
  place: BenchPlace,
): Promise<Classifier> {
  const asked = network({ ...modelOf(config), tuner, options: given, reduction })
  checkNetwork('bench', asked)
  const { seed, threads, budget } = place
  const solved = budget !== undefined && given.dispatch !== 'none'
  const active = solved ? rateForShare(asked, budget) : spelled.active
  const rated = network({ ...asked, options: { ...given, rate: active || given.rate } })
  const images = noiseImages(config, samplesSetOn(config, place), seed)
  const tensors = await randomModel({ network: rated, active, images, seed, threads })
  const merged = mergeTuned({ network: rated, tensors })
  const store = new WeightStore({ tensors: merged.tensors })
  const compile = { ...benchCompile(place), precision: spelled.precision }
  return Classifier.create({ network: merged.network, store, compile, seed })
}

/**
 * Number of samples that dispatchers are calibrated on: those that are measured, up to eight
 * images, so that the share of active tokens is the requested one.
 */
function samplesSetOn(config: ModelConfig, { batches }: BenchPlace): number {
  return Math.max(1, Math.min(Math.floor(8 / imageRows(layoutOf(config), 1)), Math.max(...batches)))
}

function candidateOf(
  { name, precision }: Pick<BenchCase, 'name' | 'precision'>,
  classifier: Classifier,
): Candidate {
  const { network } = classifier.settings
  let last: Prediction | undefined
  const gatesOf = (prediction: Prediction | undefined): readonly GateActivity[] => {
    const { sites, perGate } = classifier.gates
    const activity = new ActivityTally(sites, perGate)
    if (prediction?.masks) activity.add(prediction.masks, prediction.shares)
    return activity.result()
  }
  return {
    name,
    precision,
    run: async (images) => {
      last = await classifier.classify(images)
    },
    cost() {
      const gates = gatesOf(last)
      const macs = (computed: boolean) => modelCost({ network, gates, computed }).flops.total
      const activeRate = last?.masks ? meanRate(gates) : null
      return { activeRate, macs: macs(true), promise: staticFlops(network) / macs(false) }
    },
    release: () => classifier.release(),
  }
}

/** The static model in another runtime. */
export function baselineCandidate(name: string, config: ModelConfig, model: BaselineModel): Candidate {
  return {
    name,
    precision: 'fp32',
    run: (images) => model.run(images),
    cost: () => ({ activeRate: null, macs: staticFlops(modelOf(config)), promise: 1 }),
    release: () => model.release(),
  }
}
