import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import { openDataset } from '../data/dataset.ts'
import type { Dataset } from '../data/example.ts'
import { absoluteLocation } from '../data/location.ts'
import type { OpenOptions } from '../data/options.ts'
import { ConfigError } from '../errors.ts'
import { type OpenedBackbone, openBackbone } from '../io/backbone.ts'
import { fetchModel } from '../io/hub/fetch-model.ts'
import { placeOfModel } from '../io/model-place.ts'
import { roundBackbone } from '../models/backbone-precision.ts'
import { isHeadWeight } from '../models/heads/head-of.ts'
import type { ModelConfig } from '../models/model-config.ts'
import { taskFor, taskNamed, usualTask } from '../tasks/registry.ts'
import { usualMeasure } from '../tasks/task.ts'
import { usualAugmentation } from './augmentations.ts'
import { fitMemory } from './expected-memory.ts'
import { libraryVersion } from './library-version.ts'
import { hashWeights, type RunConfig } from './run-config.ts'
import { checkTaskSettings } from './settings/check-task.ts'
import { framesFor } from './settings/clip-settings.ts'
import { completeFinetune } from './settings/complete-finetune.ts'
import { definedOnly } from './settings/defined-only.ts'
import type { FinetuneInput, FinetuneSettings } from './settings/finetune-settings.ts'

/** Everything a run needs, opened and checked. */
export interface Prepared extends RunConfig {
  readonly dataset: Dataset
  readonly tensors: ReadonlyMap<string, TensorData>
}

/**
 * Opens data and backbone, and resolves all settings; `saved` is the config of a run to resume.
 * @throws ConfigError if data or backbone are no longer those of `saved`
 */
export async function prepareRun(given: FinetuneInput, saved?: Known): Promise<Prepared> {
  // The data do not decide the task of a resumed run.
  const input = saved ? { ...given, task: given.task ?? usualTask.name } : given
  const dataset = await openData(input)
  // A resumed run uses the commit it was started with, even if the repository has changed.
  const model = saved && placeOfModel(saved.backbone.name).kind === 'hub' ? saved.backbone.name : input.model
  const opened = await openModel({ ...input, model }, dataset)
  const settings = decideSettings(input, opened.config, dataset)
  const fromHub = placeOfModel(settings.model).kind === 'hub'
  const backbone = { name: fromHub ? opened.name : settings.model, sha256: hashWeights(opened.tensors) }
  if (saved) checkSame(saved, { classes: dataset.classes, backbone })
  return {
    command: 'finetune',
    version: libraryVersion(),
    settings,
    model: opened.config,
    classes: dataset.classes,
    normalization: opened.normalization,
    metric: usualMeasure(taskNamed(settings.task), dataset.average).name,
    backbone,
    dataset,
    tensors: roundBackbone(withoutForeignHead(opened, dataset.classes), settings.backbonePrecision),
  }
}

/** Opens the run's data and checks them for its task. @throws DataError if they cannot be used */
export async function openData(input: FinetuneInput): Promise<Dataset> {
  const found = await openDataset(input.data, dataOptions(input))
  const task = taskFor(input.task, found)
  const dataset = task.truth.of(found)
  task.check?.(dataset, input.data)
  return dataset
}

/** The properties of data that the model and the settings depend on. */
export type KnownData = Pick<Dataset, 'classes' | 'kind' | 'truth'>

/**
 * Opens the run's backbone for its data, downloading it if needed. @throws CheckpointError, ConfigError if it
 * cannot be used
 */
export async function openModel(input: FinetuneInput, dataset: KnownData): Promise<OpenedBackbone> {
  const model = input.model ?? 'builtin'
  await fetchModel(model)
  return openBackbone(model, {
    numClasses: dataset.classes.length,
    imageSize: input.imageSize,
    frames: framesFor(input.data, dataset, input),
    seed: input.seed ?? 0,
    randomWeights: input.randomWeights ?? false,
    ...taskFor(input.task, dataset).model?.(input),
  })
}

/**
 * Resolves all settings; those left open depend on the data and the backbone.
 * @throws ConfigError for a setting that the task does not use
 */
export function decideSettings(
  input: FinetuneInput,
  config: ModelConfig,
  dataset: KnownData,
): FinetuneSettings {
  const task = taskFor(input.task, dataset)
  checkTaskSettings(task, input)
  const settings = completeFinetune(located({ ...input, task: task.name }), {
    config,
    augment: usualAugmentation(input.data, dataset),
  })
  return input.microBatch === undefined ? fitMemory(settings, config) : settings
}

function dataOptions(input: FinetuneInput): Partial<OpenOptions> {
  const { seed, validationShare, split, trainSize, testSize, skipBad } = input
  return definedOnly({ seed, validationShare, split, trainSize, testSize, skipBad })
}

/** Makes paths absolute, so that the run can be used from any folder. */
export function located<T extends Pick<FinetuneInput, 'data' | 'model'>>(input: T): T {
  const { data, model = 'builtin' } = input
  return {
    ...input,
    data: absoluteLocation(data),
    ...(model !== 'builtin' && existsSync(model) && { model: resolve(model) }),
  }
}

/** Drops the backbone's own head unless it has the same classes. */
function withoutForeignHead(
  { tensors, classes }: { tensors: ReadonlyMap<string, TensorData>; classes?: readonly string[] },
  wanted: readonly string[],
): ReadonlyMap<string, TensorData> {
  if (classes?.join('\n') === wanted.join('\n')) return tensors
  return new Map([...tensors].filter(([name]) => !isHeadWeight(name)))
}

type Known = Pick<RunConfig, 'classes' | 'backbone'>

function checkSame(saved: Known, now: Known): void {
  if (saved.backbone.sha256 !== now.backbone.sha256)
    throw new ConfigError(
      `resume: the weights of ${now.backbone.name} are not those the run was started with. Restore them, or start a new run.`,
    )
  if (saved.classes.join('\n') !== now.classes.join('\n'))
    throw new ConfigError(
      'resume: the classes of the data are not those the run was started with. Restore the data, or start a new run.',
    )
}
