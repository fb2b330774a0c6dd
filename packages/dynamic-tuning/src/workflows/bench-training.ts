import { Classifier } from '../evaluation/classifier.ts'
import { type TimedCase, timeInTurn } from '../evaluation/timing.ts'
import { type VitConfig, vitConfig } from '../models/vit-config.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { patternsWith } from '../reduction/registry.ts'
import { AdamW } from '../training/adamw.ts'
import { paperLoss } from '../training/objective.ts'
import { softTargets } from '../training/targets.ts'
import { type StepResult, TrainingStep } from '../training/training-step.ts'
import { linearProbe } from '../tuners/linear.ts'
import { benchCase } from './bench-case.ts'
import { noiseImages } from './bench-inference.ts'
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

interface Job extends TimedCase {
  /** Share of active tokens in the last step. */
  activeRate(): number | null
  release(): Promise<void>
}

/**
 * Duration of a training step (all passes and losses, gradients, AdamW) of methods against one forward pass of the static
 * model on the same batch, random weights, all in one run and in turn.
 */
export async function benchTraining(
  settings: BenchSettings,
  { only, onProgress }: BenchSelection = {},
): Promise<BenchReport> {
  const config = benchConfig(vitConfig(settings.model, settings.classes), settings)
  const results: BenchResult[] = []
  for (const batch of settings.batches) {
    const jobs: Job[] = []
    for (const name of ['static', ...settings.methods]) {
      if (only !== undefined && name !== only) continue
      onProgress?.(`preparing ${name}, batch ${batch}`)
      jobs.push(await (name === 'static' ? forwardJob : stepJob)(name, config, batch, settings))
    }
    onProgress?.(`measuring batch ${batch}`)
    const times = await timeInTurn(jobs, settings)
    const base = times.get('static')?.medianMs
    for (const job of jobs) {
      const timing = times.get(job.name) as NonNullable<ReturnType<typeof times.get>>
      const { model, device, threads } = settings
      results.push({
        model,
        method: job.name,
        activeRate: job.activeRate(),
        batch,
        ...framesOf(settings),
        device,
        precision: 'fp32',
        threads,
        ...timing,
        imagesPerSecond: (1000 * batch) / timing.medianMs,
        peakMemoryMB: null,
        ratioToStatic: timing.medianMs / (base ?? timing.medianMs),
        flopsRatioToStatic: null,
      })
    }
    await Promise.all(jobs.map((job) => job.release()))
  }
  return { benchmark: 'training', environment: benchEnvironment(), results }
}

async function forwardJob(
  name: string,
  config: VitConfig,
  batch: number,
  settings: BenchSettings,
): Promise<Job> {
  const store = new WeightStore({ seed: settings.seed })
  const { defaults: options } = linearProbe
  const compile = benchCompile(settings)
  const classifier = await Classifier.create({ config, tuner: linearProbe, options, store, compile })
  const images = noiseImages(config, batch, settings.seed)
  return {
    name,
    run: () => classifier.classify(images),
    activeRate: () => null,
    release: () => classifier.release(),
  }
}

async function stepJob(
  name: string,
  config: VitConfig,
  batch: number,
  settings: BenchSettings,
): Promise<Job> {
  const { tuner, options, reduction } = benchCase(name, settings)
  const { seed } = settings
  const store = new WeightStore({ trainable: patternsWith(tuner, options, reduction, config), seed })
  const compile = benchCompile(settings)
  const sizes = { seed, microBatch: batch, compile }
  const common = { config, tuner, options, reduction, loss: paperLoss, store, ...sizes }
  const step = await TrainingStep.create(common)
  const optimizer = new AdamW(step.weights)
  const labels = BigInt64Array.from({ length: batch }, (_, i) => BigInt(i % config.numClasses))
  const images = noiseImages(config, batch, seed)
  const data = { images, targets: softTargets(labels, config.numClasses), size: batch }
  let last: StepResult | undefined
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
