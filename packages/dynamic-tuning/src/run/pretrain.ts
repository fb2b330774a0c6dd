import { openDataset } from '../data/dataset.ts'
import { sampleExamples } from '../data/draw-examples.ts'
import { createLoader } from '../data/loader/loader.ts'
import type { TransformSettings } from '../data/transforms/transforms.ts'
import { classTruth } from '../data/truths/class.ts'
import { Classifier } from '../evaluation/classifier.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { openBackbone } from '../io/backbone.ts'
import { saveCheckpointFile } from '../io/checkpoint.ts'
import { fetchModel } from '../io/hub/fetch-model.ts'
import { createRunFolder } from '../io/run-folder.ts'
import { withEvents } from '../io/tensorboard/run-events.ts'
import { checkVitConfig, type VitConfig } from '../models/vit/vit-config.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { paperLoss } from '../training/objective.ts'
import { AdamW } from '../training/optimizers/adamw.ts'
import { Muon } from '../training/optimizers/muon.ts'
import type { OptimizedWeights, Optimizer } from '../training/optimizers/optimizer.ts'
import { drawKept, patchDropoutHooks } from '../training/patch-dropout.ts'
import { batchPreparation } from '../training/prepare-batch.ts'
import { StagedStep } from '../training/staged-step.ts'
import type { ExtraFeeds } from '../training/step-feeds.ts'
import {
  type EpochMetrics,
  type StepMetrics,
  type TrainOutcome,
  type TrainTotal,
  train,
} from '../training/trainer.ts'
import { full } from '../tuners/full.ts'
import { refuseClips } from './settings/clip-settings.ts'
import {
  checkPretrain,
  type PretrainInput,
  type PretrainSettings,
  resumedPretrain,
} from './settings/pretrain-settings.ts'

/** Where a run reports and how it is stopped. */
export interface RunControl {
  /** The run folder. */
  readonly out: string
  readonly resume?: boolean
  /** Write TensorBoard's event files beside `metrics.jsonl`. */
  readonly tensorboard?: boolean | undefined
  readonly signal?: AbortSignal
  readonly onStep?: (metrics: StepMetrics, total: TrainTotal) => void
  readonly onEpoch?: (metrics: EpochMetrics) => void
}

/** Pixels in [-1, 1], as the ViTs of the paper take them. */
export function halfNormalized(size: readonly [number, number]): TransformSettings {
  const half = [0.5, 0.5, 0.5] as const
  return { height: size[0], width: size[1], resize: 'squash', mean: half, std: half }
}

/**
 * Trains a ViT from scratch on a folder of labelled images and writes `backbone.safetensors` (half precision) into the run
 * folder. Early epochs see a random share of the patches, the last ones all: a stage is a run of its own on the clock of
 * one schedule, so both resume. A run that is stopped writes the weights so far.
 */
export async function pretrain(
  input: Partial<PretrainInput>,
  control: RunControl,
): Promise<TrainOutcome & { readonly settings: PretrainSettings }> {
  const asked = control.resume ? undefined : checkPretrain(input)
  const folder = createRunFolder(control.out, { resume: control.resume ?? false })
  const run = withEvents(folder, control.tensorboard)
  try {
    const settings = asked ?? resumedPretrain(run, input)
    const dataset = classTruth.of(await openDataset(settings.data))
    refuseClips('pretrain', settings.data, dataset.kind === 'clips' ? 1 : undefined)
    const config = checkVitConfig({ ...settings.model, numClasses: dataset.classes.length })
    run.writeConfig({ command: 'pretrain', classes: dataset.classes, ...settings })
    const evaluation = halfNormalized(config.imageSize)
    const crop = { scale: [settings.cropScale, 1], ratio: [3 / 4, 4 / 3] } as const
    const training = { ...evaluation, augment: { randomResizedCrop: crop, flip: true } }
    const { seed, batch } = settings
    const loader = createLoader(dataset.train, {
      transform: training,
      batch,
      seed,
      shuffle: true,
      dropLast: true,
    })
    const stages = await openStages(config, settings, loader.stepsPerEpoch)
    const sample = sampleExamples(dataset.validation, settings.validationImages, 0, 'validation')
    const held = createLoader(sample, { transform: evaluation, batch: 100, seed, workers: 1 })
    const classifier = await createClassifier(config, settings)
    const optimizer = await createOptimizer(stages.weights, settings)
    try {
      const outcome = await train({
        ...control,
        run,
        step: stages,
        loader,
        prepare: batchPreparation(classTruth, config, settings),
        epochs: settings.epochs,
        schedule: {
          learningRate: settings.learningRate,
          minimum: settings.minimumLearningRate,
          warmupSteps: Math.round(settings.warmupEpochs * loader.stepsPerEpoch),
        },
        optimizer,
        validate: (weights) => evaluate(classifier, held, weights),
      })
      const saved = { tensors: outcome.weights, config, classes: dataset.classes }
      saveCheckpointFile(`${run.path}/backbone.safetensors`, saved, 'float16')
      return { ...outcome, settings }
    } finally {
      await Promise.all([loader.close(), held.close(), stages.release(), classifier.release()])
      await optimizer.release?.()
    }
  } finally {
    run.release()
  }
}

type DrawKey = Parameters<ExtraFeeds>[0]

async function openStages(
  config: VitConfig,
  settings: PretrainSettings,
  stepsPerEpoch: number,
): Promise<StagedStep> {
  const { seed, microBatch, threads, keep, epochs, fullEpochs, init } = settings
  const common = { config, tuner: full, options: full.defaults, loss: paperLoss, seed, compile: { threads } }
  const { numClasses, imageSize } = config
  if (init !== undefined) await fetchModel(init)
  const tensors = init === undefined ? undefined : openBackbone(init, { numClasses, imageSize }).tensors
  const stage = (share: number) => ({
    ...common,
    microBatch: Math.max(1, Math.round((microBatch * keep) / share)),
    store: new WeightStore({ trainable: full.trainable, seed, ...(tensors && { tensors }) }),
    hooks: patchDropoutHooks(config, share),
    ...(share < 1 && { extraFeeds: (key: DrawKey) => ({ kept: drawKept(config, share, { seed, ...key }) }) }),
  })
  return StagedStep.create([
    { until: (epochs - fullEpochs) * stepsPerEpoch, settings: stage(keep) },
    { until: Number.POSITIVE_INFINITY, settings: stage(1) },
  ])
}

/** Decay for matrices alone, as is usual for training from scratch; Muon at three times the rate of AdamW. */
async function createOptimizer(weights: OptimizedWeights, settings: PretrainSettings): Promise<Optimizer> {
  const { weightDecay, threads } = settings
  const decays = (_name: string, shape: readonly number[]): boolean => shape.length > 1
  const adamw = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay, decays }
  if (settings.optimizer === 'adamw') return new AdamW(weights, adamw)
  return Muon.create(weights, { momentum: 0.95, rateFactor: 3, adamw, threads })
}

function createClassifier(config: VitConfig, settings: PretrainSettings): Promise<Classifier> {
  const store = new WeightStore({ trainable: full.trainable })
  const { threads } = settings
  return Classifier.create({
    config,
    tuner: full,
    options: full.defaults,
    store,
    pass: 'complete',
    compile: { threads },
  })
}
