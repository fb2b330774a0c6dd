import { openDataset } from '../data/dataset.ts'
import { drawExamples } from '../data/draw-examples.ts'
import type { Dataset } from '../data/example.ts'
import { createLoader } from '../data/loader/loader.ts'
import type { TransformSettings } from '../data/transforms/transforms.ts'
import { Classifier } from '../evaluation/classifier.ts'
import { openBackbone } from '../io/backbone.ts'
import { saveCheckpointFile } from '../io/checkpoint.ts'
import { fetchModel } from '../io/hub/fetch-model.ts'
import { createRunFolder } from '../io/run-folder.ts'
import { withEvents } from '../io/tensorboard/run-events.ts'
import { modelOf } from '../models/model.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { checkVitConfig } from '../models/vit/vit-config.ts'
import { network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { usualTask } from '../tasks/registry.ts'
import type { Learner } from '../training/learner.ts'
import { type Stages, stagedLearner } from '../training/learners/staged.ts'
import { paperLoss } from '../training/loss-graph.ts'
import { AdamW } from '../training/optimizers/adamw.ts'
import { decayMatrices } from '../training/optimizers/groups.ts'
import { Muon } from '../training/optimizers/muon.ts'
import type { OptimizedWeights, Optimizer } from '../training/optimizers/optimizer.ts'
import { drawKept, patchDropoutHooks } from '../training/patch-dropout.ts'
import { batchPreparation } from '../training/prepare-batch.ts'
import type { ExtraFeeds } from '../training/step-feeds.ts'
import type { TrainOutcome } from '../training/trainer.ts'
import { full } from '../tuners/full.ts'
import { checkFiles } from './check-files.ts'
import type { RunControl } from './run-control.ts'
import { refuseClips } from './settings/clip-settings.ts'
import {
  checkPretrain,
  type PretrainInput,
  type PretrainSettings,
  resumedPretrain,
} from './settings/pretrain-settings.ts'
import { type SessionParts, trainingSession } from './training-session.ts'

/** Pixels in [-1, 1], as for the ViTs of the paper. */
export function halfNormalized(size: readonly [number, number]): TransformSettings {
  const half = [0.5, 0.5, 0.5] as const
  return { height: size[0], width: size[1], resize: 'squash', mean: half, std: half }
}

/**
 * Trains a ViT from scratch on a folder of labelled images and writes `backbone.safetensors` (half precision)
 * into the run folder. Early epochs use a random share of the patches, the last ones all of them. A stopped
 * run writes its current weights.
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
    const dataset = usualTask.truth.of(await openDataset(settings.data))
    refuseClips('pretrain', settings.data, dataset.kind === 'clips' ? 'clip' : 'image')
    await checkFiles(dataset, {}, { signal: control.signal })
    const config = checkVitConfig({ ...settings.model, numClasses: dataset.classes.length })
    run.writeConfig({ command: 'pretrain', classes: dataset.classes, ...settings })
    const parts = sessionParts(dataset, config, settings)
    const outcome = await trainingSession(run, settings, parts, control)
    const saved = { tensors: outcome.weights, config, classes: dataset.classes }
    saveCheckpointFile(`${run.path}/backbone.safetensors`, saved, 'float16')
    return { ...outcome, settings }
  } finally {
    run.release()
  }
}

function sessionParts(dataset: Dataset, config: VitModelConfig, settings: PretrainSettings): SessionParts {
  const { seed, batch, dropLast, cropScale, validationImages } = settings
  const evaluation = halfNormalized(config.imageSize)
  const crop = { scale: [cropScale, 1], ratio: [3 / 4, 4 / 3] } as const
  const training = { ...evaluation, augment: { randomResizedCrop: crop, flip: true } }
  const order = { batch, seed, shuffle: true, dropLast }
  const loader = createLoader(dataset.train, { ...order, transform: training })
  const sample = drawExamples(dataset.validation, validationImages, 0, 'validation')
  const held = createLoader(sample, { transform: evaluation, batch: 100, seed, workers: 1 })
  return {
    ...{ task: usualTask, context: { classes: dataset.classes, settings }, loader },
    learner: () => openLearner(config, settings, loader.stepsPerEpoch),
    validation: { loader: held, classifier: () => createClassifier(config, settings) },
    prepare: batchPreparation(usualTask.loss, config, settings),
  }
}

type DrawKey = Parameters<ExtraFeeds>[0]

async function openLearner(
  config: VitModelConfig,
  settings: PretrainSettings,
  stepsPerEpoch: number,
): Promise<Learner> {
  const { seed, microBatch, threads, keep, epochs, fullEpochs, init } = settings
  const common = { taskLoss: usualTask.loss, loss: paperLoss, seed, compile: { threads } }
  const { numClasses, imageSize } = config
  if (init !== undefined) await fetchModel(init)
  const tensors = init === undefined ? undefined : openBackbone(init, { numClasses, imageSize }).tensors
  const stage = (share: number) => ({
    ...common,
    microBatch: Math.max(1, Math.round((microBatch * keep) / share)),
    store: new WeightStore({ trainable: full.trainable, seed, ...(tensors && { tensors }) }),
    network: network({ ...modelOf(config), tuner: full, hooks: patchDropoutHooks(config, share) }),
    ...(share < 1 && { extraFeeds: (key: DrawKey) => ({ kept: drawKept(config, share, { seed, ...key }) }) }),
  })
  const stages: Stages = [
    { until: (epochs - fullEpochs) * stepsPerEpoch, settings: stage(keep) },
    { until: Number.POSITIVE_INFINITY, settings: stage(1) },
  ]
  return stagedLearner(stages, (weights) => createOptimizer(weights, settings))
}

/** Weight decay for matrices only, as usual for training from scratch; Muon's rate is three times AdamW's. */
async function createOptimizer(weights: OptimizedWeights, settings: PretrainSettings): Promise<Optimizer> {
  const { weightDecay, threads } = settings
  const adamw = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay, groupOf: decayMatrices }
  if (settings.optimizer === 'adamw') return new AdamW(weights, adamw)
  return Muon.create(weights, { momentum: 0.95, rateFactor: 3, adamw, threads })
}

function createClassifier(config: VitModelConfig, settings: PretrainSettings): Promise<Classifier> {
  const store = new WeightStore({ trainable: full.trainable })
  const { threads } = settings
  return Classifier.create({
    network: network({ ...modelOf(config), tuner: full }),
    store,
    pass: 'complete',
    compile: { threads },
  })
}
