import { present } from '@dynamic-tuning/engine'
import { Classifier } from '../evaluation/classifier.ts'
import { type TimedCase, timeInTurn } from '../evaluation/timing.ts'
import { modelOf } from '../models/model.ts'
import type { ModelConfig } from '../models/model-config.ts'
import { checkNetwork } from '../network/check-network.ts'
import { network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { benchEnvironment } from '../run/environment.ts'
import { classificationLoss, classTargets } from '../tasks/classification/loss.ts'
import type { PassResult } from '../training/learner.ts'
import { paperLoss } from '../training/loss-graph.ts'
import { AdamW } from '../training/optimizers/adamw.ts'
import { TrainingStep } from '../training/training-step.ts'
import { benchCase } from './case.ts'
import { benchResult, noiseImages, passesLong } from './result.ts'
import {
  type BenchPlace,
  type BenchReport,
  type BenchResult,
  type BenchSelection,
  type BenchSettings,
  benchCompile,
  benchConfig,
  benchPlaces,
} from './types.ts'

interface Job extends TimedCase {
  /** Share of active tokens in the last step. */
  activeRate(): number | null
  release(): Promise<void>
}

/**
 * Measures the duration of a training step (all passes and losses, gradients, AdamW) of each method
 * against one forward pass of the static model on the same batch, with random weights, in turn
 * within one run.
 */
export async function benchTraining(
  settings: BenchSettings,
  selection: BenchSelection = {},
): Promise<BenchReport> {
  const results: BenchResult[] = []
  for (const place of benchPlaces(settings))
    for (const batch of settings.batches) results.push(...(await measure(place, batch, selection)))
  return { benchmark: 'training', environment: benchEnvironment(), results, gemm: [] }
}

async function measure(
  place: BenchPlace,
  batch: number,
  { only, onProgress, now }: BenchSelection,
): Promise<BenchResult[]> {
  const config = benchConfig(place)
  const jobs: Job[] = []
  for (const name of ['static', ...place.methods]) {
    if (only !== undefined && name !== only) continue
    onProgress?.(`preparing ${name}, batch ${batch}`)
    jobs.push(await (name === 'static' ? forwardJob : stepJob)(name, config, batch, place))
  }
  onProgress?.(`measuring batch ${batch}`)
  const times = await timeInTurn(jobs, place, now)
  await Promise.all(jobs.map((job) => job.release()))
  const base = times.get('static')
  return jobs.map((job) => {
    const timing = present(times.get(job.name), `the time of ${job.name}`)
    const ratioToStatic = passesLong(timing, base)
    const measured = { method: job.name, activeRate: job.activeRate(), batch, timing, ratioToStatic }
    return benchResult(place, config, measured)
  })
}

async function forwardJob(
  name: string,
  config: ModelConfig,
  batch: number,
  settings: BenchPlace,
): Promise<Job> {
  const store = new WeightStore({ seed: settings.seed })
  const compile = benchCompile(settings)
  const classifier = await Classifier.create({ network: network(modelOf(config)), store, compile })
  const images = noiseImages(config, batch, settings.seed)
  return {
    name,
    run: () => classifier.classify(images),
    activeRate: () => null,
    release: () => classifier.release(),
  }
}

async function stepJob(name: string, config: ModelConfig, batch: number, settings: BenchPlace): Promise<Job> {
  const { tuner, options, reduction, recompute } = benchCase(name, settings)
  const tuned = network({ ...modelOf(config), tuner, options, reduction })
  checkNetwork('bench', tuned)
  const { seed } = settings
  const store = new WeightStore({ trainable: tuned.tunable, seed })
  const compile = benchCompile(settings)
  const sizes = { seed, microBatch: batch, recompute, compile }
  const losses = { taskLoss: classificationLoss, loss: paperLoss }
  const step = await TrainingStep.create({ network: tuned, ...losses, store, ...sizes })
  const optimizer = new AdamW(step.weights)
  const labels = BigInt64Array.from({ length: batch }, (_, i) => BigInt(i % config.numClasses))
  const images = noiseImages(config, batch, seed)
  const data = { images, targets: classTargets(labels, { classes: config.numClasses }), size: batch }
  let last: PassResult | undefined
  let done = 0
  return {
    name,
    async run() {
      last = await step.run(data, done++)
      optimizer.update(last.gradients, 1e-6)
    },
    activeRate() {
      const rates = last?.activeRatePerGate ?? []
      return rates.length === 0 ? null : rates.reduce((a, b) => a + b, 0) / rates.length
    },
    release: () => step.release(),
  }
}
