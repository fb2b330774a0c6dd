import { createHash } from 'node:crypto'
import { type TensorData, toBytes } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { RunError } from '../errors.ts'
import type { Normalization } from '../io/backbone.ts'
import type { RunFolder } from '../io/run-folder.ts'
import { issuesOf } from '../issues-of.ts'
import { isHeadWeight } from '../models/heads/head-of.ts'
import type { ModelConfig } from '../models/model-config.ts'
import { tasks } from '../tasks/registry.ts'
import { libraryVersion } from './library-version.ts'
import { checkFinetune } from './settings/check-finetune.ts'
import { completeFinetune } from './settings/complete-finetune.ts'
import type { FinetuneSettings } from './settings/finetune-settings.ts'
import { modelSchema } from './settings/model-schema.ts'
import { settingsBeforeDropLast } from './settings/schedule-settings.ts'

/** Contents of a fine-tuning run's `config.json`, beside the format version. */
export interface RunConfig {
  readonly command: 'finetune'
  /** Version of the library that made the run. */
  readonly version: string
  readonly settings: FinetuneSettings
  /** Sizes of the tuned model. */
  readonly model: ModelConfig
  readonly classes: readonly string[]
  readonly normalization: Normalization
  /** Name of the measure that papers report on this dataset. Default: the task's primary one. */
  readonly metric?: string | undefined
  /** Identifies the frozen weights that the run was tuned on. */
  readonly backbone: { readonly name: string; readonly sha256: string }
}

const three = z.tuple([z.number(), z.number(), z.number()])
const schema = z.looseObject({
  command: z.literal('finetune', 'this is no run of finetune'),
  version: z.string(),
  settings: z.looseObject({ data: z.string(), task: z.string().optional() }),
  model: modelSchema,
  classes: z.array(z.string()),
  normalization: z.strictObject({ mean: three, std: three }),
  metric: z.string().optional(),
  backbone: z.strictObject({ name: z.string(), sha256: z.string() }),
})

/** Saves the config of a run. */
export function writeRunConfig(run: RunFolder, config: Omit<RunConfig, 'command' | 'version'>): void {
  run.writeConfig({ command: 'finetune', version: libraryVersion(), ...config })
}

/**
 * Reads the config of a run, checked. @throws RunError naming the run and the field that is missing or wrong
 */
export function readRunConfig(run: RunFolder): RunConfig {
  const result = schema.safeParse(run.readConfig())
  if (!result.success)
    throw new RunError(
      `run: config.json of ${run.path} does not describe a tuned model. ${issuesOf(result.error)}. Name the folder of a finetune run.`,
    )
  const { settings, ...rest } = result.data
  checkTask(run, settings.task)
  return { ...rest, settings: settingsOf(run, settings, rest.model) }
}

function checkTask(run: RunFolder, name: string | undefined): void {
  if (name === undefined || tasks.some((task) => task.name === name)) return
  throw new RunError(
    `run: config.json of ${run.path} names the task ${name}, expected one of ${tasks.map((task) => task.name).join(', ')}. Open it with the version that made it.`,
  )
}

function settingsOf(run: RunFolder, settings: unknown, config: ModelConfig): FinetuneSettings {
  try {
    const saved = checkFinetune(settings)
    return completeFinetune({ ...settingsBeforeDropLast, ...saved }, { config, augment: 'none' })
  } catch (error) {
    throw new RunError(
      `run: the settings in config.json of ${run.path} are damaged. ${(error as Error).message}`,
    )
  }
}

/**
 * A fingerprint of frozen weights: SHA-256 over names, shapes and bytes in the order of names,
 * without the head.
 */
export function hashWeights(tensors: ReadonlyMap<string, TensorData>): string {
  const hash = createHash('sha256')
  for (const name of [...tensors.keys()].sort()) {
    if (isHeadWeight(name)) continue
    const { shape, data } = tensors.get(name) as TensorData
    hash.update(`${name} ${shape.join()}\n`).update(toBytes(data))
  }
  return hash.digest('hex')
}
