import { random } from '@dynamic-tuning/engine'
import { modelCost } from '../cost/model-cost.ts'
import { rateForShare } from '../cost/rate-for-share.ts'
import { Classifier, type Prediction } from '../evaluation/classifier.ts'
import { ActivityTally, type GateActivity, meanRate } from '../evaluation/gate-activity.ts'
import { randomModel } from '../evaluation/random-model.ts'
import { type TimedCase, timeInTurn } from '../evaluation/timing.ts'
import { sampleSize } from '../models/heads/registry.ts'
import { type VitConfig, vitConfig } from '../models/vit-config.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { checkReductionFits } from '../reduction/check-reduction.ts'
import { linearProbe } from '../tuners/linear.ts'
import { type BenchCase, benchCase } from './bench-case.ts'
import {
  type BenchReport,
  type BenchResult,
  type BenchSelection,
  type BenchSettings,
  benchCompile,
  benchConfig,
  benchEnvironment,
  framesOf,
} from './bench-types.ts'

interface Candidate extends BenchCase {
  readonly classifier: Classifier
}

/**
 * Throughput of the static model and of methods on it, random weights, all in one run and in turn. Dispatching methods skip
 * tokens for real.
 */
export async function benchInference(
  settings: BenchSettings,
  { only, onProgress }: BenchSelection = {},
): Promise<BenchReport> {
  const config = benchConfig(vitConfig(settings.model, settings.classes), settings)
  const candidates: Candidate[] = []
  for (const name of ['static', ...settings.methods]) {
    if (only !== undefined && name !== only) continue
    onProgress?.(`preparing ${name}`)
    candidates.push(await prepare(name, config, settings))
  }
  const results: BenchResult[] = []
  for (const batch of settings.batches) {
    onProgress?.(`measuring batch ${batch}`)
    results.push(...(await measure(candidates, config, batch, settings)))
  }
  await Promise.all(candidates.map(({ classifier }) => classifier.release()))
  return { benchmark: 'inference', environment: benchEnvironment(), results }
}

async function prepare(name: string, config: VitConfig, settings: BenchSettings): Promise<Candidate> {
  const spelled =
    name === 'static' ? { ...benchCase('linear:precision=fp32', settings), name } : benchCase(name, settings)
  const { tuner, reduction } = spelled
  checkReductionFits('bench', reduction, config)
  const { seed, threads, budget } = settings
  const solved = budget !== undefined && spelled.options.dispatch !== 'none'
  const active = solved ? rateForShare({ config, ...spelled }, budget) : spelled.active
  const options = { ...spelled.options, rate: active || spelled.options.rate }
  const chosen = { ...spelled, active, options }
  const tensors = await randomModel({ config, tuner, options, reduction, active, seed, threads })
  const store = new WeightStore({ tensors })
  const compile = { ...benchCompile(settings), precision: spelled.precision }
  const made = { config, tuner, options, reduction, store, compile, seed }
  return { ...chosen, classifier: await Classifier.create(made) }
}

async function measure(
  candidates: readonly Candidate[],
  config: VitConfig,
  batch: number,
  settings: BenchSettings,
): Promise<BenchResult[]> {
  const images = noiseImages(config, batch, settings.seed)
  const last = new Map<string, Prediction>()
  const cases: TimedCase[] = candidates.map(({ name, classifier }) => ({
    name,
    run: async () => last.set(name, await classifier.classify(images)),
  }))
  const times = await timeInTurn(cases, settings)
  const base = times.get('static') ?? times.values().next().value
  const macs = (candidate: Candidate, gates: readonly GateActivity[]): number =>
    modelCost({ config, ...candidate, gates }).flops.total
  const staticMacs = modelCost({ config, tuner: linearProbe }).flops.total
  return candidates.map((candidate) => {
    const timing = times.get(candidate.name) as NonNullable<typeof base>
    const { sites, decisions } = candidate.classifier.gates
    const activity = new ActivityTally(sites, decisions)
    const { masks, shares } = last.get(candidate.name) as Prediction
    if (masks) activity.add(masks, shares)
    const gates = activity.result()
    return {
      model: settings.model,
      method: candidate.name,
      activeRate: masks ? meanRate(gates) : null,
      batch,
      ...framesOf(settings),
      device: settings.device,
      precision: candidate.precision,
      threads: settings.threads,
      ...timing,
      imagesPerSecond: (1000 * batch) / timing.medianMs,
      peakMemoryMB: null,
      ratioToStatic: (base?.medianMs ?? timing.medianMs) / timing.medianMs,
      flopsRatioToStatic: staticMacs / macs(candidate, gates),
    }
  })
}

/** Images [batch, 3, H, W], or clips, of standard normal noise. */
export function noiseImages(config: VitConfig, batch: number, seed: number): Float32Array {
  const stream = random(seed, 'bench')
  return Float32Array.from({ length: batch * sampleSize(config) }, stream.normal)
}
