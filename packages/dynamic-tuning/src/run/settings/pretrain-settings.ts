import { z } from 'zod'
import { ConfigError, RunError } from '../../errors.ts'
import type { RunFolder } from '../../io/run-folder.ts'
import { checkVitConfig, type VitConfig } from '../../models/vit/vit-config.ts'
import { checkSettings } from './check-settings.ts'
import { definedOnly } from './finetune-settings.ts'
import { backboneSchema } from './model-schema.ts'

/** Everything that decides a pre-training run; plain JSON. */
export interface PretrainSettings {
  readonly data: string
  readonly model: Omit<VitConfig, 'numClasses'>
  /** Weights to start from, a file or folder; positions are resized to the image size. From scratch by default. */
  readonly init?: string | undefined
  readonly epochs: number
  /** The last epochs, which see all patches: the model is used that way. */
  readonly fullEpochs: number
  /** Share of patches kept in all other epochs. */
  readonly keep: number
  readonly batch: number
  readonly microBatch: number
  /** Muon moves the layers' matrices along orthogonalised gradients, the rest by AdamW; needs about half of the steps. */
  readonly optimizer: 'adamw' | 'muon'
  readonly learningRate: number
  /** At the last step. */
  readonly minimumLearningRate: number
  readonly warmupEpochs: number
  readonly weightDecay: number
  readonly labelSmoothing: number
  /** Least share of an image's area a random crop covers. */
  readonly cropScale: number
  /** alpha of mixup and of CutMix, see `MixingSettings`. */
  readonly mixup: number
  readonly cutmix: number
  readonly seed: number
  readonly threads: number
  /** Most images of the validation part looked at after an epoch. */
  readonly validationImages: number
}

/** The model of the built-in backbone: 4.9 M parameters at 200 classes. */
export const builtinModel: PretrainSettings['model'] = {
  imageSize: [64, 64],
  patchSize: 8,
  embedDim: 256,
  depth: 6,
  numHeads: 4,
  mlpRatio: 4,
  globalPool: 'token',
  layerNormEps: 1e-6,
  qkvBias: true,
}

/** Settings that suit a small ViT on Tiny-ImageNet. */
export const defaultPretrain: Omit<PretrainSettings, 'data'> = {
  model: builtinModel,
  epochs: 20,
  fullEpochs: 2,
  keep: 0.25,
  batch: 128,
  microBatch: 64,
  optimizer: 'muon',
  learningRate: 1e-3,
  minimumLearningRate: 1e-5,
  warmupEpochs: 1,
  weightDecay: 0.05,
  labelSmoothing: 0.1,
  cropScale: 0.35,
  mixup: 0,
  cutmix: 0,
  seed: 0,
  threads: 0,
  validationImages: 1000,
}

/** What a pre-training run is asked for: the data, and settings that differ from the defaults. */
export type PretrainInput = { readonly data: string } & {
  readonly [K in Exclude<keyof PretrainSettings, 'data'>]?: PretrainSettings[K] | undefined
}

const count = z.int().min(1)
const share = z.number().min(0).max(1)
const shape = {
  data: z.string().min(1),
  model: backboneSchema.optional(),
  init: z.string().min(1).optional(),
  epochs: count.optional(),
  fullEpochs: z.int().min(0).optional(),
  keep: share.gt(0).optional(),
  batch: count.optional(),
  microBatch: count.optional(),
  optimizer: z.enum(['adamw', 'muon']).optional(),
  learningRate: z.number().positive().optional(),
  minimumLearningRate: z.number().min(0).optional(),
  warmupEpochs: z.number().min(0).optional(),
  weightDecay: z.number().min(0).optional(),
  labelSmoothing: share.lt(1).optional(),
  cropScale: share.gt(0).optional(),
  mixup: z.number().min(0).optional(),
  cutmix: z.number().min(0).optional(),
  seed: z.int().min(0).optional(),
  threads: z.int().min(0).max(1024).optional(),
  validationImages: count.optional(),
}
const schema: z.ZodType<PretrainInput> = z.strictObject(shape)

/** Names of all settings of pre-training. */
export const pretrainKeys: readonly string[] = Object.keys(shape)

/** What is asked for, checked, with every default filled in. @throws ConfigError for unknown and bad settings */
export function checkPretrain(given: unknown): PretrainSettings {
  const input = checkSettings('pretrain', given, schema, pretrainKeys)
  const settings = { ...defaultPretrain, ...definedOnly(input) }
  checkVitConfig({ ...settings.model, numClasses: 1 })
  if (settings.fullEpochs > settings.epochs)
    throw new ConfigError(
      `pretrain: fullEpochs is ${settings.fullEpochs} of ${settings.epochs} epochs. Make it smaller.`,
    )
  return settings
}

/** The saved settings of a run that goes on; threads may differ. @throws ConfigError where another setting does */
export function resumedPretrain(run: RunFolder, input: Partial<PretrainInput>): PretrainSettings {
  const {
    command,
    classes: _classes,
    formatVersion: _version,
    ...rest
  } = run.readConfig() as Record<string, unknown>
  if (command !== 'pretrain')
    throw new RunError(`run: ${run.path} is no run of pretrain. Name the folder of one.`)
  const saved = checkPretrain(rest)
  const wanted = checkPretrain({ ...saved, ...definedOnly(input) })
  for (const key of pretrainKeys as readonly (keyof PretrainSettings)[])
    if (key !== 'threads' && JSON.stringify(wanted[key]) !== JSON.stringify(saved[key]))
      throw new ConfigError(
        `resume: the run was started with ${key} ${JSON.stringify(saved[key])}, got ${JSON.stringify(wanted[key])}. Leave the setting out, or start a new run.`,
      )
  return wanted
}
