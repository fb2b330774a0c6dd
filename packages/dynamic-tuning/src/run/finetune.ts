import { existsSync } from 'node:fs'
import { drawExamples } from '../data/draw-examples.ts'
import type { Example } from '../data/example.ts'
import type { Loader } from '../data/loader/loader.ts'
import { Classifier } from '../evaluation/classifier.ts'
import { createRunFolder, type RunFolder } from '../io/run-folder.ts'
import { writeSafetensors } from '../io/safetensors-writer.ts'
import { withEvents } from '../io/tensorboard/run-events.ts'
import { asVit } from '../models/backbone-config.ts'
import { keepIn } from '../models/backbone-precision.ts'
import { network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { reductionOptions } from '../reduction/options.ts'
import { taskNamed } from '../tasks/registry.ts'
import { withoutPrefix } from '../training/frozen-prefix.ts'
import type { HostLearner } from '../training/learners/host.ts'
import { type Stage, type Stages, stagedLearner } from '../training/learners/staged.ts'
import { AdamW, defaultAdamW } from '../training/optimizers/adamw.ts'
import { batchPreparation } from '../training/prepare-batch.ts'
import { temperatureAt } from '../training/schedules/temperature.ts'
import { type ShrinkingStage, shrinkingStages } from '../training/shrinking-stages.ts'
import type { TrainOutcome } from '../training/trainer.ts'
import { type BadFile, checkFiles } from './check-files.ts'
import { cacheableParts, cacheFeatures, dropFeatures } from './feature-cache.ts'
import { finishedSummary, finishRun, trainedWeights } from './finish-run.ts'
import { type LeftOut, leftOut } from './left-out.ts'
import { runNetwork } from './network.ts'
import { type Prepared, prepareRun } from './prepare-run.ts'
import { readRunConfig, writeRunConfig } from './run-config.ts'
import type { RunControl, WithoutSignal } from './run-control.ts'
import { checkFinetune } from './settings/check-finetune.ts'
import type { FinetuneInput, FinetuneSettings } from './settings/finetune-settings.ts'
import { resumedSettings } from './settings/resumed-settings.ts'
import { type RunSummary, storedSummary } from './summary.ts'
import { heldOut, trainingLoader } from './training-parts.ts'
import { trainingSession } from './training-session.ts'

/** Output, callbacks and abort signal of a run. */
export interface FinetuneControl extends RunControl {
  /** Called with all settings resolved, once data and backbone are open. */
  readonly onOpen?: (settings: FinetuneSettings) => void
  /** Called with the current activity outside of steps, in a few words. */
  readonly onPhase?: (phase: string) => void
}

/** Result of `finetune`. */
export interface FinetuneOutcome {
  readonly settings: FinetuneSettings
  readonly steps: number
  /** Absent if `signal` stopped the run. */
  readonly summary?: RunSummary
}

/** Result of a run that finished. */
export interface FinishedRun extends FinetuneOutcome {
  readonly summary: RunSummary
}

/**
 * Tunes a backbone on a dataset with any method and writes a run folder: `config.json`, `metrics.jsonl`,
 * `checkpoint/` and, at the end, `adapter.safetensors` and `report.html`, with a test of the skipping model
 * on all test images. With `control.resume` it continues from the folder's checkpoint, or from the first
 * step if there is none, with the settings saved there, and ends with the same bits as an uninterrupted run;
 * what a finished run lacks is made again.
 * @throws ConfigError for invalid settings, or settings that differ from the saved ones on resuming;
 * DataError, CheckpointError and RunError for unusable data, weights and folders; RunError if the loss is
 * no longer finite
 * @example
 * ```ts
 * import { finetune } from 'dynamic-tuning'
 *
 * // A folder of pictures per class: photos/cat/1.jpg, photos/dog/2.jpg ...
 * const { summary } = await finetune({ data: 'photos', rate: 0.5, epochs: 5 }, { out: 'runs/photos' })
 * console.log(summary.activeRate, summary.trainableParams)
 * ```
 */
export function finetune(
  input: Partial<FinetuneInput>,
  control: WithoutSignal<FinetuneControl>,
): Promise<FinishedRun>
/** The same with a `signal`, which may stop the run: it then writes a checkpoint and returns no summary. */
export function finetune(input: Partial<FinetuneInput>, control: FinetuneControl): Promise<FinetuneOutcome>
export async function finetune(
  input: Partial<FinetuneInput>,
  control: FinetuneControl,
): Promise<FinetuneOutcome> {
  control.onPhase?.('opening data and backbone')
  if (!control.resume) {
    const prepared = await prepareRun(checkFinetune(input))
    cacheableParts(prepared)
    const bad = await checkRunFiles(prepared, control)
    const run = withEvents(createRunFolder(control.out), control.tensorboard)
    return using(run, async () => {
      const { dataset: _dataset, tensors: _tensors, ...config } = prepared
      writeRunConfig(run, config)
      return trainAndTest(run, prepared, control, bad)
    })
  }
  const run = withEvents(createRunFolder(control.out, { resume: true }), control.tensorboard)
  return using(run, async () => {
    const saved = readRunConfig(run)
    const settings = resumedSettings(saved.settings, input)
    const finished = finishedSummary(run)
    if (finished) {
      dropFeatures(run)
      return { settings, steps: 0, summary: finished }
    }
    return goOn(run, await prepareRun(settings, saved), control)
  })
}

async function using<T>(run: RunFolder, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    run.release()
  }
}

/** Looks at the files of a run before it begins. */
function checkRunFiles(
  { dataset, settings }: Prepared,
  control: FinetuneControl,
): Promise<readonly BadFile[]> {
  return checkFiles(dataset, settings, { ...control, skipBad: settings.skipBad })
}

async function goOn(run: RunFolder, prepared: Prepared, control: FinetuneControl): Promise<FinetuneOutcome> {
  const { settings, dataset } = prepared
  const trained = trainedWeights(run)
  if (trained && storedSummary(run)) {
    const left = leftOut(run, dataset, control.onPhase)
    const summary = await finishRun(run, prepared, { weights: trained, steps: 0 }, { ...control, left })
    return { settings, steps: 0, summary }
  }
  if (existsSync(run.checkpointPath)) return trainAndTest(run, prepared, control, [])
  run.truncateMetricsAfter(0)
  return trainAndTest(run, prepared, control, await checkRunFiles(prepared, control))
}

async function trainAndTest(
  run: RunFolder,
  prepared: Prepared,
  control: FinetuneControl,
  bad: readonly BadFile[],
): Promise<FinetuneOutcome> {
  const { settings, dataset } = prepared
  control.onOpen?.(settings)
  const left = leftOut(run, dataset, control.onPhase)
  left.note(bad)
  const onStep: FinetuneControl['onStep'] = (metrics, total) => {
    left.stepped(metrics.step)
    control.onStep?.(metrics, total)
  }
  const outcome = await trainAll(run, prepared, { ...control, onStep, left })
  if (!outcome.finished) return { settings, steps: outcome.steps }
  writeSafetensors(run.adapterPath, outcome.weights)
  const summary = await finishRun(run, prepared, outcome, { ...control, left })
  return { settings, steps: outcome.steps, summary }
}

type TrainControl = FinetuneControl & { readonly left: LeftOut }

async function trainAll(run: RunFolder, prepared: Prepared, control: TrainControl): Promise<TrainOutcome> {
  const { settings, dataset, model } = prepared
  const sample = drawExamples(dataset.validation, settings.validationImages, 0, 'validation')
  const { loader, held, rewrite } = await openLoaders(run, prepared, sample, control)
  const steps = settings.epochs * loader.stepsPerEpoch
  const task = taskNamed(settings.task)
  const parts = {
    ...{ task, context: prepared, loader },
    learner: () => {
      control.onPhase?.(`compiling ${settings.method}`)
      return openLearner(prepared, loader.stepsPerEpoch, temperaturesOf(settings, steps), rewrite)
    },
    validation: {
      loader: held,
      classifier: () => openClassifier(prepared, rewrite),
      metric: prepared.metric,
      every: validationInterval(sample.length, dataset.train.length, settings),
    },
    prepare: batchPreparation(task.loss, model, settings),
    rateFactor: runNetwork(prepared).tuner.learningRateFactor,
  }
  return trainingSession(run, settings, parts, control)
}

type Rewrite = typeof withoutPrefix | undefined

/** What the graphs for training and validation have in common. */
function networkOf(prepared: Prepared) {
  const { seed, threads, device } = prepared.settings
  const network = runNetwork(prepared)
  return {
    values: { tensors: prepared.tensors, trainable: network.tunable, seed },
    parts: { network, compile: { threads, device } },
  }
}

/** The learner; EViT trains in stages while its keep rates fall. */
function openLearner(
  prepared: Prepared,
  stepsPerEpoch: number,
  temperatureAt: (step: number) => number,
  rewrite: Rewrite,
): Promise<HostLearner> {
  const { settings } = prepared
  const { seed, microBatch, recompute, weightDecay } = settings
  const { values, parts } = networkOf(prepared)
  const keep = keepIn(settings.backbonePrecision)
  const stage = ({ until, reduction }: ShrinkingStage): Stage => ({
    until,
    settings: {
      ...parts,
      network: network({ ...parts.network, reduction }),
      store: new WeightStore({ ...values, keep }),
      ...{ seed, microBatch, recompute, rewrite, loss: settings, temperatureAt },
      taskLoss: taskNamed(settings.task).loss,
    },
  })
  const [first, ...others] = shrinkingOf(prepared, stepsPerEpoch)
  const stages: Stages = [stage(first), ...others.map(stage)]
  return stagedLearner(stages, (weights) => new AdamW(weights, { ...defaultAdamW, weightDecay }))
}

/** Stages of the token reduction; one without EViT's shrinking. */
function shrinkingOf(
  { settings, model }: Prepared,
  stepsPerEpoch: number,
): [ShrinkingStage, ...ShrinkingStage[]] {
  const reduction = reductionOptions(settings)
  if (settings.reduction !== 'evit') return [{ until: Number.POSITIVE_INFINITY, reduction }]
  const [start, steps] = [settings.shrinkStartEpoch, settings.shrinkEpochs].map((epochs) =>
    Math.round(epochs * stepsPerEpoch),
  )
  return shrinkingStages(reduction, asVit(model), { start: start ?? 0, steps: steps ?? 0 })
}

function openClassifier(prepared: Prepared, rewrite: Rewrite): Promise<Classifier> {
  const { values, parts } = networkOf(prepared)
  return Classifier.create({ ...parts, store: new WeightStore(values), pass: 'skip', rewrite })
}

/** Loaders of images, or of the features of a frozen part; `rewrite` then removes that part from graphs. */
async function openLoaders(
  run: RunFolder,
  prepared: Prepared,
  sample: readonly Example[],
  { onPhase, signal, left }: TrainControl,
): Promise<{ loader: Loader; held: Loader; rewrite?: Rewrite }> {
  const parts = cacheableParts(prepared)
  if (parts) {
    onPhase?.(`computing features of ${prepared.dataset.train.length} images once`)
    const cached = await cacheFeatures(run, prepared, parts, sample, signal)
    if (cached) return { loader: cached.training, held: cached.heldOut, rewrite: withoutPrefix }
  }
  // One view of each video; the others are for the test.
  const held = heldOut(prepared, sample, { onBad: left.heldOut, views: [1, 1] })
  return { loader: trainingLoader(prepared, left.training), held }
}

/** The temperature tau of each step. */
function temperaturesOf(
  { temperature, finalTemperature = temperature }: FinetuneSettings,
  steps: number,
): (step: number) => number {
  return (step) => temperatureAt(step, temperature, finalTemperature, steps)
}

/**
 * Epochs between validations, so that these take less than a fifth of the time: a training step costs 1 to
 * 5 forward passes.
 */
function validationInterval(images: number, trained: number, { method, dispatch }: FinetuneSettings): number {
  const passes = dispatch !== 'none' ? 4 : method === 'linear' ? 1 : 2.5
  return Math.max(1, Math.ceil(images / (0.2 * passes * trained)))
}
