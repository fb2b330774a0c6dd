import type { TensorData } from '@dynamic-tuning/engine'
import { z } from 'zod'
import { CheckpointError } from '../errors.ts'
import { type GlobalPool, globalPools } from './vit-config.ts'

const count = z.int().positive()
/** One number for squares, or [height, width]; always handed on as the latter. */
const size = z
  .union([count, z.tuple([count, count])])
  .transform((value): [number, number] => (typeof value === 'number' ? [value, value] : value))

const checkpointConfig = z.looseObject({
  model: z.string(),
  imageSize: size,
  patchSize: count,
  embedDim: count,
  depth: count,
  numHeads: count,
  mlpRatio: z.number().positive(),
  numClasses: z.int().nonnegative(),
  layerNormEps: z.number().positive(),
  qkvBias: z.boolean(),
  globalPool: z.enum(globalPools),
})

/**
 * What a checkpoint tells about its model. `model` is timm's name, `imageSize` is [height, width] in
 * pixels, `numClasses` is 0 without a head.
 */
export interface CheckpointConfig {
  model: string
  imageSize: [number, number]
  patchSize: number
  embedDim: number
  depth: number
  numHeads: number
  mlpRatio: number
  numClasses: number
  layerNormEps: number
  qkvBias: boolean
  globalPool: GlobalPool
}

/** A checkpoint's description: some of the settings, and class names by index. */
export interface CheckpointDescription {
  readonly config: Partial<CheckpointConfig>
  readonly classes?: readonly string[]
}

// The defaults are those of transformers' ViTConfig, which files may leave out.
const huggingFace = z.object({
  model_type: z.literal('vit'),
  hidden_act: z.literal('gelu').default('gelu'),
  image_size: size.prefault(224),
  patch_size: size.prefault(16),
  hidden_size: count.default(768),
  num_hidden_layers: count.default(12),
  num_attention_heads: count.default(12),
  intermediate_size: count.default(3072),
  layer_norm_eps: z.number().positive().default(1e-12),
  qkv_bias: z.boolean().default(true),
  id2label: z.record(z.string(), z.string()).optional(),
})

/** The description in the `config.json` of a Hugging Face ViT. @throws CheckpointError naming the file and the field */
export function describeHuggingFace(source: string, json: unknown): CheckpointDescription {
  const hf = check(huggingFace, source, json)
  const [patchSize, patchWidth] = hf.patch_size
  if (patchSize !== patchWidth) {
    throw new CheckpointError(
      `checkpoint: patches in ${source} are not square, got ${patchSize} x ${patchWidth}. Use a model with square ones.`,
    )
  }
  const config: Partial<CheckpointConfig> = {
    imageSize: hf.image_size,
    patchSize,
    embedDim: hf.hidden_size,
    depth: hf.num_hidden_layers,
    numHeads: hf.num_attention_heads,
    mlpRatio: hf.intermediate_size / hf.hidden_size,
    layerNormEps: hf.layer_norm_eps,
    qkvBias: hf.qkv_bias,
    globalPool: 'token',
  }
  if (hf.id2label === undefined) return { config }
  const labels = hf.id2label
  const classes = Object.keys(labels).map((_, index) => labels[index] ?? '')
  return { config: { ...config, numClasses: classes.length }, classes }
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

/** The description in timm's `config.json`; sizes follow from the architecture's name and from the tensors. */
export function describeTimm(source: string, json: unknown): CheckpointDescription {
  const { architecture, pretrained_cfg: pretrained, ...rest } = check(timm, source, json)
  const config: Partial<CheckpointConfig> = { model: architecture.replace(/\..*$/, '') }
  const numClasses = rest.num_classes ?? pretrained?.num_classes
  if (numClasses !== undefined) config.numClasses = numClasses
  if (rest.global_pool === 'token' || rest.global_pool === 'avg') config.globalPool = rest.global_pool
  if (pretrained?.input_size) config.imageSize = [pretrained.input_size[1], pretrained.input_size[2]]
  return rest.label_names === undefined ? { config } : { config, classes: rest.label_names }
}

/** Settings saved by this library, which may hold more fields than are known here. */
export function describeOwn(source: string, json: unknown): Partial<CheckpointConfig> {
  return check(checkpointConfig.partial(), source, json)
}

/**
 * What tensors under timm names show by themselves: all sizes but the number of heads. The image is taken to be
 * square, and left open where the number of positions is not one more than a square.
 */
export function describeTensors(tensors: ReadonlyMap<string, TensorData>): Partial<CheckpointConfig> {
  const config: Partial<CheckpointConfig> = {}
  const [embedDim, , patchSize] = tensors.get('patch_embed.proj.weight')?.shape ?? []
  if (embedDim === undefined || patchSize === undefined) return config
  const depths = [...tensors.keys()].map((name) => Number(/^blocks\.(\d+)\./.exec(name)?.[1] ?? -1) + 1)
  const hidden = tensors.get('blocks.0.mlp.fc1.weight')?.shape[0]
  const side = Math.sqrt((tensors.get('pos_embed')?.shape[1] ?? 0) - (tensors.has('cls_token') ? 1 : 0))
  Object.assign(config, { embedDim, patchSize, depth: Math.max(...depths) })
  if (hidden !== undefined) config.mlpRatio = hidden / embedDim
  if (Number.isInteger(side) && side > 0) config.imageSize = [side * patchSize, side * patchSize]
  config.numClasses = tensors.get('head.weight')?.shape[0] ?? 0
  config.qkvBias = tensors.has('blocks.0.attn.qkv.bias')
  config.globalPool = poolOf(tensors, embedDim)
  return config
}

function poolOf(tensors: ReadonlyMap<string, TensorData>, embedDim: number): GlobalPool {
  if (tensors.has('fc_norm.weight')) return 'avg'
  return tensors.get('head.weight')?.shape[1] === 2 * embedDim ? 'token+avg' : 'token'
}

function check<T extends z.ZodType>(schema: T, source: string, json: unknown): z.output<T> {
  const result = schema.safeParse(json)
  if (result.success) return result.data
  throw new CheckpointError(
    `checkpoint: ${source} does not describe a ViT this library can run:\n${z.prettifyError(result.error)}`,
  )
}
