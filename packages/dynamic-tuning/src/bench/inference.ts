import { type Precision, present } from '@dynamic-tuning/engine'
import { modelCost } from '../cost/model-cost.ts'
import { rateForShare } from '../cost/rate-for-share.ts'
import { staticFlops } from '../cost/static-flops.ts'
import { Classifier, type Prediction } from '../evaluation/classifier.ts'
import { ActivityTally, type GateActivity, meanRate } from '../evaluation/gate-activity.ts'
import { type GemmProbe, gemmProbe } from '../evaluation/gemm-probe.ts'
import { randomModel } from '../evaluation/random-model.ts'
import { type TimedCase, type Timing, timeInTurn } from '../evaluation/timing.ts'
import { modelOf } from '../models/model.ts'
import type { ModelConfig } from '../models/model-config.ts'
import { layoutOf } from '../models/samples/layout-of.ts'
import { imageRows } from '../models/samples/sample-layout.ts'
import { checkNetwork } from '../network/check-network.ts'
import { network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { benchEnvironment } from '../run/environment.ts'
import type { BaselineModel } from './baseline.ts'
import { openBaseline } from './baselines.ts'
import { type BenchCase, benchCase } from './case.ts'
import { benchResult, noiseImages } from './result.ts'
import {
  type BenchPlace,
  type BenchReport,
  type BenchResult,
  type BenchSelection,
  type BenchSettings,
  benchCompile,
  benchConfig,
  benchPlaces,
  type GemmResult,
} from './types.ts'

/** A model that is measured in turn with the others. */
interface Candidate {
  readonly name: string
  readonly precision: Precision
  run(images: Float32Array): Promise<unknown>
  /** Cost per image of the last run, and its share of active tokens. */
  cost(): { readonly activeRate: number | null; readonly macs: number; readonly promise: number }
  release(): Promise<void>
}

/** All models measured in turn on one device and image size. */
interface Field {
  readonly place: BenchPlace
  readonly config: ModelConfig
  readonly candidates: readonly Candidate[]
  readonly gemm: GemmProbe | undefined
}

/**
 * Measures throughput of the static model, of methods and of other runtimes with random weights, in
 * turn within one run, beside bare matrix products. Methods with dispatch really skip tokens.
 */
export async function benchInference(
  settings: BenchSettings,
  selection: BenchSelection = {},
): Promise<BenchReport> {
  const results: BenchResult[] = []
  const gemm: GemmResult[] = []
  for (const place of benchPlaces(settings)) {
    const field = await openField(place, selection)
    for (const batch of settings.batches) {
      selection.onProgress?.(`measuring batch ${batch}, ${field.config.imageSize[1]} px, ${place.device}`)
      const measured = await measure(field, batch)
      results.push(...measured.results)
      if (measured.gemm) gemm.push(measured.gemm)
    }
    await Promise.all([...field.candidates, field.gemm].map((each) => each?.release()))
  }
  return { benchmark: 'inference', environment: benchEnvironment(), results, gemm }
}

async function openField(place: BenchPlace, { only, onProgress }: BenchSelection): Promise<Field> {
  const config = benchConfig(place)
  const candidates: Candidate[] = []
  const wanted = (name: string): boolean => {
    if (only === undefined || name === only) onProgress?.(`preparing ${name}`)
    return only === undefined || name === only
  }
  for (const name of ['static', ...place.methods])
    if (wanted(name)) candidates.push(await prepare(name, config, place))
  for (const name of place.baselines ?? [])
    if (wanted(name)) candidates.push(baseline(name, config, await openBaseline(name, config, place)))
  const gemm =
    only === undefined && (await gemmProbe(config, { compile: benchCompile(place), seed: place.seed }))
  return { place, config, candidates, gemm: gemm || undefined }
}

async function prepare(name: string, config: ModelConfig, place: BenchPlace): Promise<Candidate> {
  const spelled =
    name === 'static' ? { ...benchCase('linear:precision=fp32', place), name } : benchCase(name, place)
  const asked = network({
    ...modelOf(config),
    tuner: spelled.tuner,
    options: spelled.options,
    reduction: spelled.reduction,
  })
  checkNetwork('bench', asked)
  const { seed, threads, budget } = place
  const solved = budget !== undefined && spelled.options.dispatch !== 'none'
  const active = solved ? rateForShare(asked, budget) : spelled.active
  const options = { ...spelled.options, rate: active || spelled.options.rate }
  const rated = network({ ...asked, options })
  const images = noiseImages(config, samplesSetOn(config, place), seed)
  const tensors = await randomModel({ network: rated, active, images, seed, threads })
  const store = new WeightStore({ tensors })
  const compile = { ...benchCompile(place), precision: spelled.precision }
  return candidateOf(spelled, await Classifier.create({ network: rated, store, compile, seed }))
}

/**
 * Number of samples that dispatchers are calibrated on: those that are measured, up to eight
 * images, so that the share of active tokens is the requested one.
 */
function samplesSetOn(config: ModelConfig, { batches }: BenchPlace): number {
  return Math.max(1, Math.min(Math.floor(8 / imageRows(layoutOf(config), 1)), Math.max(...batches)))
}

function candidateOf({ name, precision }: BenchCase, classifier: Classifier): Candidate {
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

function baseline(name: string, config: ModelConfig, model: BaselineModel): Candidate {
  return {
    name,
    precision: 'fp32',
    run: (images) => model.run(images),
    cost: () => ({ activeRate: null, macs: staticFlops(modelOf(config)), promise: 1 }),
    release: () => model.release(),
  }
}

async function measure(
  { place, config, candidates, gemm: probe }: Field,
  batch: number,
): Promise<{ results: BenchResult[]; gemm: GemmResult | undefined }> {
  const images = noiseImages(config, batch, place.seed)
  const cases: TimedCase[] = candidates.map(({ name, run }) => ({ name, run: () => run(images) }))
  if (probe) cases.push({ name: 'gemm', run: () => probe.run() })
  const times = await timeInTurn(cases, place)
  const timingOf = (name: string): Timing => present(times.get(name), `the time of ${name}`)
  const base = times.get('static')?.medianMs
  const gemm = probe && gemmResult(probe, timingOf('gemm'), { place, config, batch })
  const results = candidates.map((candidate) => {
    const timing = timingOf(candidate.name)
    const { activeRate, ...cost } = candidate.cost()
    const ratioToStatic = (base ?? timing.medianMs) / timing.medianMs
    const { name: method, precision } = candidate
    const measured = { method, precision, activeRate, batch, timing, ratioToStatic, cost, gemm }
    return benchResult(place, config, measured)
  })
  return { results, gemm }
}

function gemmResult(
  { shape, flops }: GemmProbe,
  { medianMs }: Timing,
  { place, config, batch }: { place: BenchPlace; config: ModelConfig; batch: number },
): GemmResult {
  const { device } = place
  const gflopsPerSecond = flops / (1e6 * medianMs)
  return { device, imageSize: config.imageSize, batch, shape, medianMs, gflopsPerSecond }
}
