import { existsSync } from 'node:fs'
import type { CompileOptions, TensorData } from '@dynamic-tuning/engine'
import type { TransformSettings } from '../data/transforms/transforms.ts'
import { CheckpointError, ConfigError, RunError } from '../errors.ts'
import { Classifier, type ClassifierSettings } from '../evaluation/classifier.ts'
import { openBackbone } from '../io/backbone.ts'
import { openRunFolder, type RunFolder } from '../io/run-folder.ts'
import { readSafetensors } from '../io/safetensors.ts'
import { roundBackbone } from '../models/backbone-precision.ts'
import { compareShapes } from '../models/compare-shapes.ts'
import { isHeadWeight } from '../models/heads/head-of.ts'
import { mergeTuned } from '../network/merge.ts'
import type { Network } from '../network/network.ts'
import type { InferenceKind } from '../network/pass.ts'
import { weightShapes } from '../network/weight-shapes.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { checkReduction, checkReductionFits } from '../reduction/check-reduction.ts'
import { type GivenReduction, reductionOptions } from '../reduction/options.ts'
import { taskNamed } from '../tasks/registry.ts'
import { judgedBy, type Task } from '../tasks/task.ts'
import { evaluationTransform } from './augmentations.ts'
import { runNetwork } from './network.ts'
import { hashWeights, type RunConfig, readRunConfig } from './run-config.ts'
import { definedOnly } from './settings/defined-only.ts'
import type { FinetuneSettings } from './settings/finetune-settings.ts'

/** Choices for the gates of a tuned model. */
export type GateChoices = Pick<ClassifierSettings, 'thresholds' | 'blocks' | 'probabilities'>

/** A tuned model, ready to be compiled for any pass and device. */
export interface TunedModel {
  readonly settings: FinetuneSettings
  /** Its first measure is the one that papers report on the run's dataset. */
  readonly task: Task
  /** Sizes of the backbone. */
  readonly config: RunConfig['model']
  readonly network: Network
  readonly classes: readonly string[]
  /** The transform from a decoded image to the model's input. */
  readonly transform: TransformSettings
  readonly normalization: RunConfig['normalization']
  /** All weights, frozen and trained. */
  readonly tensors: ReadonlyMap<string, TensorData>
  /** Makes a store of them with every weight frozen, for graphs of inference and export. */
  store(): WeightStore
  /**
   * Compiles the model, with methods such as LoRA merged into the dense weights; by default as `skip`, which
   * computes active tokens only. Release it after use.
   */
  classifier(pass?: InferenceKind, compile?: CompileOptions, gates?: GateChoices): Promise<Classifier>
}

/** A tuned model with its run folder. */
export interface TunedRun extends TunedModel {
  readonly path: string
  /** Opened for reading, without a lock. */
  readonly folder: RunFolder
}

/** Makes a tuned model from a run's config and all weights. */
export function tunedModel(
  config: Pick<RunConfig, 'settings' | 'model' | 'classes' | 'normalization' | 'metric'>,
  tensors: ReadonlyMap<string, TensorData>,
): TunedModel {
  const { settings, model, classes, normalization, metric } = config
  const network = runNetwork(config)
  const store = (): WeightStore => new WeightStore({ tensors, seed: settings.seed })
  return {
    settings,
    task: judgedBy(taskNamed(settings.task), metric),
    config: model,
    network,
    classes,
    transform: evaluationTransform(settings, normalization),
    normalization,
    tensors,
    store,
    classifier(pass = 'skip', compile = {}, gates = {}) {
      const merged = mergeTuned({ network, tensors })
      return Classifier.create({
        ...gates,
        seed: settings.seed,
        network: merged.network,
        store: new WeightStore({ tensors: merged.tensors, seed: settings.seed }),
        pass,
        compile: { device: settings.device, threads: settings.threads, ...compile },
      })
    },
  }
}

/**
 * The model with another token reduction than in tuning: ToMe suits any model, EViT not all.
 * @throws ConfigError for one that does not fit, or that has weights of its own, which were never trained
 */
export function withReduction(model: TunedModel, given: GivenReduction | undefined): TunedModel {
  if (given === undefined) return model
  const { settings, task, config, classes, normalization, tensors } = model
  const metric = task.measures[0].name
  const base = given.reduction === undefined ? settings : {}
  const reduction = reductionOptions({ ...base, ...definedOnly(given) })
  if (reduction.reduction === 'dynamicvit' && settings.reduction !== 'dynamicvit')
    throw new ConfigError(
      'reduction: dynamicvit has predictors, and this run trained none. Tune with --reduction dynamicvit, or use tome.',
    )
  checkReduction('reduction', reduction, model.network)
  checkReductionFits('reduction', reduction, model.network)
  return tunedModel(
    { settings: { ...settings, ...reduction }, model: config, classes, normalization, metric },
    tensors,
  )
}

/**
 * Opens the folder of a finished fine-tuning run.
 * @throws RunError if it is no such run, or unfinished, damaged or from another version; CheckpointError if
 * weights do not fit, or the backbone is not the one that the run was tuned on
 * @example
 * ```ts
 * import { openRun } from 'dynamic-tuning'
 *
 * const run = openRun('runs/photos')
 * console.log(run.classes, run.settings.method)
 * ```
 */
export function openRun(path: string): TunedRun {
  const folder = openRunFolder(path, { write: false })
  const config = readRunConfig(folder)
  if (!existsSync(folder.adapterPath))
    throw new RunError(
      `run: ${path} has no adapter.safetensors, it was never finished. Resume it: dyt finetune --resume --out ${path}`,
    )
  const trained = readSafetensors(folder.adapterPath, { onDemand: true })
  const shapes = weightShapes(runNetwork(config))
  const complete = [...shapes.keys()].every((name) => trained.has(name))
  const frozen = complete ? new Map<string, TensorData>() : openFrozen(config)
  const tensors = new Map([...frozen, ...trained])
  compareShapes(tensors, shapes, { source: folder.adapterPath })
  return { ...tunedModel(config, tensors), path, folder }
}

/** The frozen weights of a run without the head, checked to be those it was tuned on. */
function openFrozen({ settings, model, backbone }: RunConfig): ReadonlyMap<string, TensorData> {
  const { tensors } = openBackbone(backbone.name, {
    numClasses: model.numClasses,
    imageSize: model.imageSize,
    frames: model.frames,
    segmentation: model.segmentation,
    seed: settings.seed,
    randomWeights: settings.randomWeights,
  })
  if (hashWeights(tensors) !== backbone.sha256)
    throw new CheckpointError(
      `run: the weights of ${backbone.name} are not those this run was tuned on. Restore them, or tune again.`,
    )
  const frozen = new Map([...tensors].filter(([name]) => !isHeadWeight(name)))
  return roundBackbone(frozen, settings.backbonePrecision)
}
