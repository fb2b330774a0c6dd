import { z } from 'zod'
import { ConfigError } from '../../errors.ts'
import { type BackbonePrecision, backbonePrecisions } from '../../models/backbone-precision.ts'
import { layersOf } from '../../models/families.ts'
import { imageRows } from '../../models/heads/registry.ts'
import { tokensIn } from '../../models/layer-sizes.ts'
import type { ModelConfig } from '../../models/model-config.ts'
import { checkReduction, checkReductionFits } from '../../reduction/check-reduction.ts'
import {
  noReduction,
  type ReductionOptions,
  reductionNames,
  reductionOptions,
} from '../../reduction/options.ts'
import { checkModel, checkTuning, completeOptions } from '../../tuners/check-tuning.ts'
import { mostPrompts } from '../../tuners/dropout.ts'
import { type MethodOptionName, methodOptions } from '../../tuners/method-options.ts'
import { tunerNamed } from '../../tuners/registry.ts'
import type { Tuner, TunerOptions } from '../../tuners/tuner.ts'
import { checkSettings } from './check-settings.ts'
import { type ClipRunSettings, checkClipSettings, clipShape, completeClipSettings } from './clip-settings.ts'

/** Random changes to training images, by name: see `augmentations`. */
export type Augmentation = 'none' | 'resized-crop' | 'light' | 'strong' | 'short-side' | 'rand-augment'

/** Everything that decides a fine-tuning run; plain JSON, saved in the run's `config.json`. */
export interface FinetuneSettings extends TunerOptions, ReductionOptions, ClipRunSettings {
  /** Folder, archive or `builtin:TASK`, as `openDataset` takes it. */
  readonly data: string
  /** `builtin`, a path of weights, or timm's name together with `randomWeights`. */
  readonly model: string
  readonly randomWeights: boolean
  /** A name in the registry of methods. */
  readonly method: string
  /** Bits in which the backbone's frozen maps are kept; the run's model is that of the rounded weights. */
  readonly backbonePrecision: BackbonePrecision
  /** Loss terms of methods with dispatch: the complete model's cross-entropy, and the KL from it. */
  readonly complete: boolean
  readonly distillation: boolean
  /** alpha of the rate term. */
  readonly rateWeight: number
  readonly epochs: number
  readonly batch: number
  /** Images per pass: a batch is cut into such pieces. */
  readonly microBatch: number
  /** Keep what layers give alone, and compute the rest again for the gradients: the same weights, less memory, more time. */
  readonly recompute: boolean
  /** Most bytes the process shall take, by an estimate: decides `microBatch` and `recompute` where they are left open. */
  readonly memory?: number | undefined
  /** At the end of warm-up, before the method's own factor (full tuning takes a tenth). */
  readonly learningRate: number
  /** At the last step. */
  readonly minimumLearningRate: number
  readonly warmupEpochs: number
  readonly weightDecay: number
  readonly labelSmoothing: number
  /** alpha of mixup and of CutMix, see `MixingSettings`. */
  readonly mixup: number
  readonly cutmix: number
  readonly augment: Augmentation
  readonly resize: 'squash' | 'crop'
  /** With `crop`: the shorter side becomes size / `cropRatio` before the centre is taken; 0.875 for 256 and 224. Default 1. */
  readonly cropRatio?: number | undefined
  /** [height, width] in pixels. */
  readonly imageSize: readonly [number, number]
  readonly seed: number
  readonly device: 'cpu' | 'webgpu' | 'cuda'
  /** Threads of the model; 0 lets the runtime choose. */
  readonly threads: number
  /** Threads that decode images; absent: one less than the cores. */
  readonly workers?: number | undefined
  /**
   * Bytes that features of a frozen part, computed once for each image, may take on disk; 0 for none. Absent: 2 GB where that saves
   * nearly all of the model's work.
   */
  readonly cacheFeatures?: number | undefined
  readonly split: 'final' | 'search'
  readonly validationShare: number
  /** Images drawn for a built-in task. */
  readonly trainSize: number
  readonly testSize: number
  /** Most validation images looked at after an epoch; all test images are, after the last. */
  readonly validationImages: number
  /** What the finished model is tested on: `validation` where settings are being chosen, which no test image may see. */
  readonly testOn: 'test' | 'validation'
}

/** What a run is asked for: the data, and any settings that differ from the defaults. */
export type FinetuneInput = { readonly data: string } & {
  readonly [K in Exclude<keyof FinetuneSettings, 'data'>]?: FinetuneSettings[K] | undefined
}

const share = z.number().min(0).max(1)
const whole = z.int().min(0)
const count = z.int().min(1)
const positive = z.number().positive()

/** Two names in one would be two reductions. */
const oneReduction = {
  error: ({ input }: { input?: unknown }) =>
    Array.isArray(input) || /[,+]/.test(String(input))
      ? 'two reductions would each decide which tokens leave, choose one'
      : undefined,
}
/** Settings that only some methods have; what `fromEntries` makes of them has lost its types. */
const ofMethods = Object.fromEntries(
  Object.entries(methodOptions).map(([name, { schema }]) => [name, schema.optional()]),
) as unknown as { readonly [K in MethodOptionName]: z.ZodOptional<z.ZodType<FinetuneSettings[K]>> }

const shape = {
  ...ofMethods,
  ...clipShape,
  data: z.string().min(1),
  model: z.string().min(1).optional(),
  randomWeights: z.boolean().optional(),
  method: z.string().optional(),
  backbonePrecision: z.enum(backbonePrecisions).optional(),
  dispatch: z.enum(['none', 'mlp', 'attention', 'attention-mlp', 'layer']).optional(),
  dispatchLevel: z.enum(['token', 'sample']).optional(),
  dispatchStrategy: z.enum(['learned', 'random']).optional(),
  dispatchLayers: z.array(whole).min(1).readonly().optional(),
  bottleneck: whole.max(65_536).optional(),
  learnableScale: z.boolean().optional(),
  experts: count.max(1024).optional(),
  router: z.enum(['softmax', 'none']).optional(),
  reduction: z.enum(reductionNames, oneReduction).optional(),
  tomeR: z.union([whole, z.array(whole).min(1).readonly()]).optional(),
  tomeSlope: z.number().min(-1).max(1).optional(),
  tomeProportional: z.boolean().optional(),
  tomeTraining: z.boolean().optional(),
  keepRate: z.union([share.gt(0), z.array(share.gt(0)).min(1).readonly()]).optional(),
  reductionLayers: z.array(whole).min(1).readonly().optional(),
  evitFuse: z.boolean().optional(),
  rate: z.number().gt(0).max(1).optional(),
  temperature: positive.optional(),
  finalTemperature: positive.optional(),
  complete: z.boolean().optional(),
  distillation: z.boolean().optional(),
  rateWeight: z.number().min(0).optional(),
  epochs: count.optional(),
  batch: count.optional(),
  microBatch: count.optional(),
  recompute: z.boolean().optional(),
  memory: count.optional(),
  learningRate: positive.optional(),
  minimumLearningRate: z.number().min(0).optional(),
  warmupEpochs: z.number().min(0).optional(),
  weightDecay: z.number().min(0).optional(),
  labelSmoothing: share.lt(1).optional(),
  mixup: z.number().min(0).optional(),
  cutmix: z.number().min(0).optional(),
  augment: z.enum(['none', 'resized-crop', 'light', 'strong', 'short-side', 'rand-augment']).optional(),
  resize: z.enum(['squash', 'crop']).optional(),
  cropRatio: share.gt(0).optional(),
  imageSize: z.tuple([count, count]).readonly().optional(),
  seed: whole.optional(),
  device: z.enum(['cpu', 'webgpu', 'cuda']).optional(),
  threads: whole.max(1024).optional(),
  workers: whole.max(256).optional(),
  cacheFeatures: whole.optional(),
  split: z.enum(['final', 'search']).optional(),
  validationShare: share.gt(0).lt(1).optional(),
  trainSize: count.optional(),
  testSize: count.optional(),
  validationImages: count.optional(),
  testOn: z.enum(['test', 'validation']).optional(),
}

/** Names of all settings. */
export const finetuneKeys: readonly string[] = Object.keys(shape)

const schema: z.ZodType<FinetuneInput> = z.strictObject(shape)

/** Whether a setting may have a value; false for names of no setting. */
export function isSettingValue(name: string, value: unknown): boolean {
  const rule: z.ZodType | undefined = (shape as Readonly<Record<string, z.ZodType>>)[name]
  return rule?.safeParse(value).success ?? false
}

/** Checks what a run is asked for. @throws ConfigError naming unknown settings and values out of range */
export function checkFinetune(given: unknown): FinetuneInput {
  const input = checkSettings('finetune', given, schema, finetuneKeys)
  const tuner = tunerNamed(input.method ?? defaults.method)
  checkTuning('finetune', tuner, input)
  checkClipSettings(input)
  if ((input.backbonePrecision ?? 'fp32') !== 'fp32') checkFrozen(tuner)
  checkReduction('finetune', input, { tuner, options: completeOptions(tuner, input) })
  const { batch = defaults.batch, microBatch = 1, resize = defaults.resize, cropRatio } = input
  if (cropRatio !== undefined && resize !== 'crop')
    throw new ConfigError(
      `finetune: cropRatio is ${cropRatio}, but images are not cropped. Add resize: crop, or leave it out.`,
    )
  if (microBatch > batch)
    throw new ConfigError(
      `finetune: microBatch is ${microBatch} but the batch only ${batch}. Make it smaller or leave it out.`,
    )
  return input
}

/** @throws ConfigError for a method that trains the maps which are to be kept in few bits */
function checkFrozen({ name, trainable }: Tuner): void {
  if (trainable.some((pattern) => pattern.test('blocks.0.mlp.fc1.weight')))
    throw new ConfigError(
      `finetune: ${name} trains the backbone, which cannot be kept in few bits then. Leave backbonePrecision out.`,
    )
}

type Decided =
  | 'data'
  | 'microBatch'
  | 'minimumLearningRate'
  | 'warmupEpochs'
  | 'augment'
  | 'imageSize'
  | 'workers'

const defaults: Omit<FinetuneSettings, keyof TunerOptions | keyof ReductionOptions | Decided> = {
  model: 'builtin',
  randomWeights: false,
  method: 'dyt',
  backbonePrecision: 'fp32',
  complete: true,
  distillation: true,
  rateWeight: 2,
  epochs: 30,
  batch: 64,
  recompute: false,
  learningRate: 1e-3,
  weightDecay: 1e-4,
  labelSmoothing: 0,
  mixup: 0,
  cutmix: 0,
  resize: 'squash',
  seed: 0,
  device: 'cpu',
  threads: 0,
  split: 'final',
  validationShare: 0.2,
  trainSize: 1000,
  testSize: 500,
  validationImages: 500,
  testOn: 'test',
  skipBad: false,
}

/** What is asked for with every default filled in; the model and the kind of data decide some of them. */
export function completeFinetune(
  input: FinetuneInput,
  known: { readonly config: ModelConfig; readonly augment: Augmentation },
): FinetuneSettings {
  const cropped = known.config.frames !== undefined && ({ resize: 'crop' } as const)
  const asked = { ...defaults, ...cropped, ...definedOnly(input) }
  const tuner = tunerNamed(asked.method)
  const options = { ...tuner.defaults, ...asked }
  checkModel('finetune', tuner, options, known.config)
  checkReductionFits('finetune', reductionOptions(asked), known.config)
  const prompts = mostPrompts(tuner, options, known.config)
  return {
    minimumLearningRate: asked.learningRate / 100,
    warmupEpochs: asked.epochs / 10,
    microBatch: Math.min(asked.batch, usualMicroBatch(known.config, prompts)),
    augment: known.augment,
    imageSize: known.config.imageSize,
    ...tuner.defaults,
    ...noReduction,
    ...asked,
    ...completeClipSettings(asked, known.config),
  }
}

/** Fields without a value left out, so that they do not hide defaults. */
export function definedOnly<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as { [K in keyof T]: Exclude<T[K], undefined> }
}

/** Bytes of activations that a training step may keep. */
const activationBytes = 2e9
/** Floats kept for every token and feature of a layer while training; measured on ViT-B/16. */
const floatsKept = 18

/**
 * Images or clips per pass that keep a step's activations near 2 GB: 16 for ViT-B/16, fewer with many `prompts`. It does not ask how much memory the machine
 * has: the same settings must give the same weights everywhere.
 */
export function usualMicroBatch(config: ModelConfig, prompts = 0): number {
  return Math.max(1, Math.floor(activationBytes / activationBytesOf(config, prompts)))
}

/** About how many bytes of activations one image or clip keeps while training. */
export function activationBytesOf(config: ModelConfig, prompts = 0): number {
  return imageRows(config, featuresOf(config, prompts).reduce((a, b) => a + b, 0) * 4 * floatsKept)
}

/** The same where layers are computed again: what each gives, all of the first, and all of the one at work. */
export function recomputedBytesOf(config: ModelConfig): number {
  const features = featuresOf(config)
  const given = features.reduce((a, b) => a + b, 0)
  return imageRows(config, 4 * (given + floatsKept * ((features[0] ?? 0) + Math.max(...features))))
}

/** Features of all tokens after each layer. */
function featuresOf(config: ModelConfig, prompts = 0): number[] {
  return layersOf(config).map((layer) => (tokensIn(layer) + prompts) * layer.width)
}
