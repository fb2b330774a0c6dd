import { z } from 'zod'
import { ConfigError, RunError } from '../../errors.ts'
import type { RunFolder } from '../../io/run-folder.ts'
import type { VitModelConfig } from '../../models/model-config.ts'
import { checkVitConfig } from '../../models/vit/vit-config.ts'
import * as setting from '../../setting.ts'
import { checkSettings } from './check-settings.ts'
import { dataSettings } from './data-settings.ts'
import { definedOnly } from './defined-only.ts'
import { imageSettings } from './image-settings.ts'
import { commonSettings } from './machine-settings.ts'
import { backboneSchema } from './model-schema.ts'
import { startSettings } from './model-settings.ts'
import { scheduleSettings, settingsBeforeDropLast } from './schedule-settings.ts'

/** The model of the built-in backbone: 4.9 M parameters at 200 classes. */
export const builtinModel: Omit<VitModelConfig, 'numClasses'> = {
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

const { epochs, batch, dropLast, microBatch, learningRate, minimumLearningRate } = scheduleSettings
const { warmupEpochs, weightDecay, labelSmoothing } = scheduleSettings
const { mixup, cutmix } = imageSettings
const { seed, threads } = commonSettings

/** All settings of pre-training, in the order of its help; the defaults suit a small ViT on Tiny-ImageNet. */
export const pretrainSettings = {
  data: startSettings.data,
  /** Sizes of a ViT. */
  model: setting.other(
    backboneSchema,
    { kind: 'data' },
    {
      default: builtinModel,
      help: "timm's name, or builtin: 64 px, patch 8, 4.9 M parameters",
      argument: '<name>',
      usual: 'builtin',
    },
  ),
  /** A file or folder of weights; positions are resized to the image size. */
  init: setting.text({
    optional: true,
    help: 'weights to start from instead of random ones, at any image size',
    argument: '<path>',
  }),
  epochs: { ...epochs, default: 20 },
  /** The last epochs use all patches, as the finished model does. */
  fullEpochs: setting.whole({
    default: 2,
    help: 'the last epochs, which see all patches',
    argument: '<n>',
  }),
  keep: setting.number({
    default: 0.25,
    above: 0,
    most: 1,
    help: 'share of patches seen before them',
    argument: '<share>',
  }),
  batch: { ...batch, default: 128 },
  dropLast,
  microBatch: { ...microBatch, default: 64, help: 'images per pass' },
  /** Muon is for the layers' matrices only (AdamW trains the rest), and needs about half of the steps. */
  optimizer: setting.choice(['muon', 'adamw'], {
    default: 'muon',
    help: "muon moves the layers' matrices along orthogonalised gradients",
    argument: '<name>',
  }),
  learningRate: { ...learningRate, default: 1e-3, usual: '0.001' },
  minimumLearningRate: { ...minimumLearningRate, default: 1e-5, usual: '0.00001', fileOnly: false },
  warmupEpochs: { ...warmupEpochs, default: 1, usual: '1' },
  weightDecay: { ...weightDecay, default: 0.05 },
  labelSmoothing: { ...labelSmoothing, default: 0.1 },
  cropScale: setting.number({
    default: 0.35,
    above: 0,
    most: 1,
    help: "least share of an image's area in a random crop",
    argument: '<share>',
  }),
  mixup,
  cutmix,
  seed,
  threads,
  validationImages: { ...dataSettings.validationImages, default: 1000 },
}

/** All settings of a pre-training run; plain JSON. */
export type PretrainSettings = setting.ValuesOf<typeof pretrainSettings>

/** Input of a pre-training run: the data, and settings that differ from the defaults. */
export type PretrainInput = { readonly data: string } & Omit<setting.SomeOf<typeof pretrainSettings>, 'data'>

/** The defaults of a pre-training run. */
export const defaultPretrain: Omit<PretrainSettings, 'data'> = setting.defaultsOf(pretrainSettings)

const schema: z.ZodType<PretrainInput> = z.strictObject({
  ...setting.shapeOf(pretrainSettings),
  data: startSettings.data.schema,
})

/** Names of all settings of pre-training. */
export const pretrainKeys: readonly string[] = Object.keys(pretrainSettings)

/**
 * The settings of a run, checked and with all defaults. @throws ConfigError for unknown and invalid settings
 */
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

const savedConfig = z.looseObject({
  command: z.literal('pretrain'),
  classes: z.unknown(),
  formatVersion: z.unknown(),
})

/** The saved settings of a resumed run. @throws ConfigError if one other than `threads` differs */
export function resumedPretrain(run: RunFolder, input: Partial<PretrainInput>): PretrainSettings {
  const read = savedConfig.safeParse(run.readConfig())
  if (!read.success) throw new RunError(`run: ${run.path} is no run of pretrain. Name the folder of one.`)
  const { command: _command, classes: _classes, formatVersion: _version, ...rest } = read.data
  const saved = checkPretrain({ ...settingsBeforeDropLast, ...rest })
  const wanted = checkPretrain({ ...saved, ...definedOnly(input) })
  const [before, now] = [saved, wanted].map((settings) => new Map<string, unknown>(Object.entries(settings)))
  for (const key of pretrainKeys) {
    const [was, is] = [before, now].map((values) => JSON.stringify(values?.get(key)))
    if (was !== is && key !== 'threads')
      throw new ConfigError(
        `resume: the run was started with ${key} ${was}, got ${is}. Leave the setting out, or start a new run.`,
      )
  }
  return wanted
}
