import type { TensorData } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { CheckpointError } from '../../errors.ts'
import { issuesOf } from '../../issues-of.ts'
import { type GlobalPool, globalPools } from '../heads/global-pool.ts'

/** A positive whole number. */
export const count: z.ZodInt = z.int().positive()
/** A number of layers: far more than any model has would keep the program busy without end. */
export const layerCount: z.ZodInt = count.max(10_000)
/** One number for squares, or [height, width]; the output is always the latter. */
export const size = z
  .union([count, z.tuple([count, count])])
  .transform((value): [number, number] => (typeof value === 'number' ? [value, value] : value))

const checkpointConfig = z.looseObject({
  model: z.string(),
  imageSize: size,
  patchSize: count,
  embedDim: count,
  depth: layerCount,
  numHeads: z.union([count, z.array(count)]),
  mlpRatio: z.number().positive(),
  numClasses: z.int().nonnegative(),
  layerNormEps: z.number().positive(),
  qkvBias: z.boolean(),
  globalPool: z.enum(globalPools),
  initValues: z.number().positive(),
  regTokens: z.int().nonnegative(),
  noEmbedClass: z.boolean(),
  relativePositionBias: z.boolean(),
  family: z.enum(['vit', 'swin']),
  depths: z.array(layerCount).max(100),
  windowSize: count,
  reductionBias: z.boolean(),
})

/**
 * What a checkpoint says about its model. `model` is timm's name, `imageSize` is [height, width] in pixels,
 * `numClasses` is 0 without a head.
 */
export interface CheckpointConfig {
  model: string
  imageSize: [number, number]
  patchSize: number
  embedDim: number
  depth: number
  /** For a Swin: one number per stage. */
  numHeads: number | readonly number[]
  mlpRatio: number
  numClasses: number
  layerNormEps: number
  qkvBias: boolean
  globalPool: GlobalPool
  /** Only with layer scale. */
  initValues: number
  /** Only with registers. */
  regTokens: number
  noEmbedClass: boolean
  relativePositionBias: boolean
  family: 'vit' | 'swin'
  /** Only for a Swin, like `windowSize` and `reductionBias`. */
  depths: readonly number[]
  windowSize: number
  reductionBias: boolean
}

/** A checkpoint's description: some of the settings, and class names by index. */
export interface CheckpointDescription {
  readonly config: Partial<CheckpointConfig>
  readonly classes?: readonly string[]
}

const timm = z.object({
  architecture: z.string(),
  num_classes: z.int().nonnegative().optional(),
  global_pool: z.string().optional(),
  label_names: z.array(z.string()).optional(),
  pretrained_cfg: z
    .object({ input_size: z.tuple([count, count, count]), num_classes: z.int().nonnegative() })
    .partial()
    .optional(),
})

/**
 * The description in timm's `config.json`; sizes follow from the architecture's name and from the tensors.
 */
export function describeTimm(source: string, json: unknown): CheckpointDescription {
  const { architecture, pretrained_cfg: pretrained, ...rest } = check(timm, source, json)
  const config: Partial<CheckpointConfig> = { model: architecture.replace(/\..*$/, '') }
  const numClasses = rest.num_classes ?? pretrained?.num_classes
  if (numClasses !== undefined) config.numClasses = numClasses
  if (rest.global_pool === 'token' || rest.global_pool === 'avg') config.globalPool = rest.global_pool
  if (pretrained?.input_size) config.imageSize = [pretrained.input_size[1], pretrained.input_size[2]]
  return rest.label_names === undefined ? { config } : { config, classes: rest.label_names }
}

/** Settings saved by this library; unknown fields are ignored. */
export function describeOwn(source: string, json: unknown): Partial<CheckpointConfig> {
  return check(checkpointConfig.partial(), source, json)
}

/**
 * Reads settings off the shapes of tensors with timm names: all sizes but the number of heads. The image is
 * assumed to be square unless `imageSize` is given, and left open if the number of positions is not a square.
 */
export function describeTensors(
  tensors: ReadonlyMap<string, TensorData>,
  { imageSize }: Pick<Partial<CheckpointConfig>, 'imageSize'> = {},
): Partial<CheckpointConfig> {
  const config: Partial<CheckpointConfig> = {}
  const shapeOf = (name: string): readonly number[] => tensors.get(name)?.shape ?? []
  const [embedDim, , patchSize] = shapeOf('patch_embed.proj.weight')
  if (embedDim === undefined || patchSize === undefined) return config
  const depths = [...tensors.keys()].map((name) => Number(/^blocks\.(\d+)\./.exec(name)?.[1] ?? -1) + 1)
  const [hidden] = shapeOf('blocks.0.mlp.fc1.weight')
  const [, positions = 0] = shapeOf('pos_embed')
  const [, regTokens] = shapeOf('reg_token')
  Object.assign(config, { embedDim, patchSize, depth: Math.max(...depths) })
  if (hidden !== undefined) config.mlpRatio = hidden / embedDim
  Object.assign(config, describePositions(positions, patchSize, imageSize))
  config.numClasses = shapeOf('head.weight')[0] ?? 0
  config.qkvBias = tensors.has('blocks.0.attn.qkv.bias')
  config.globalPool = poolOf(tensors, embedDim)
  // Trained factors no longer show their initial value: use DINOv2's.
  if (tensors.has('blocks.0.ls1.gamma')) config.initValues = 1e-5
  if (regTokens !== undefined) config.regTokens = regTokens
  if (tensors.has('blocks.0.attn.relative_position_bias_table')) config.relativePositionBias = true
  return config
}

/**
 * Settings that follow from the number of positions: one per patch, with or without one for the class token.
 */
function describePositions(
  positions: number,
  patchSize: number,
  imageSize: readonly [number, number] | undefined,
): Partial<CheckpointConfig> {
  const patches = imageSize && (imageSize[0] / patchSize) * (imageSize[1] / patchSize)
  if (patches === positions) return { noEmbedClass: true }
  if (patches === positions - 1) return {}
  // At most one of the two counts is a square, so the order does not matter.
  for (const prefix of [1, 0]) {
    const side = Math.sqrt(positions - prefix)
    if (!Number.isInteger(side) || side === 0) continue
    const size: [number, number] = [side * patchSize, side * patchSize]
    return prefix === 1 ? { imageSize: size } : { imageSize: size, noEmbedClass: true }
  }
  return {}
}

function poolOf(tensors: ReadonlyMap<string, TensorData>, embedDim: number): GlobalPool {
  if (tensors.has('fc_norm.weight')) return 'avg'
  return tensors.get('head.weight')?.shape[1] === 2 * embedDim ? 'token+avg' : 'token'
}

/** Parses `json` with `schema`. @throws CheckpointError naming the file and its fields */
export function check<T extends z.ZodType>(schema: T, source: string, json: unknown): z.output<T> {
  const result = schema.safeParse(json)
  if (result.success) return result.data
  throw new CheckpointError(
    `checkpoint: ${source} does not describe a ViT or Swin this library can run: ${issuesOf(result.error)}. Use the configuration of another model.`,
  )
}
