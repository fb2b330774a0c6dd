import { z } from 'zod'
import { globalPools } from '../models/heads/global-pool.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { checkVitConfig } from '../models/vit/vit-config.ts'

const count = z.int().positive()

/** Fields that describe the ViT in every family of fixtures. */
export const sizeFields = {
  img_size: z.union([count, z.tuple([count, count])]),
  patch_size: count,
  in_chans: z.literal(3),
  embed_dim: count,
  depth: count,
  num_heads: count,
  mlp_ratio: z.number().positive(),
  num_classes: count,
  qkv_bias: z.boolean(),
  layer_norm_eps: z.number().positive(),
} as const
const sizes = z.looseObject(sizeFields)

/**
 * Fields of a fixture's `config.json` that decide its ViT; all are required, and unsupported
 * values are refused.
 */
export const vitFields = z.looseObject({
  ...sizeFields,
  global_pool: z.enum(globalPools),
  activation: z.literal('gelu_erf'),
  init_values: z.number().positive().optional(),
  reg_tokens: z.int().min(0).default(0),
  no_embed_class: z.boolean().default(false),
  class_token: z.literal(true).default(true),
  drop_path: z.literal(0).default(0),
})

/** These fields as settings of a model; `img_size` is a side or [height, width]. */
export function sizesOf(fields: z.output<typeof sizes>): Omit<VitModelConfig, 'globalPool'> {
  const side = fields.img_size
  return {
    imageSize: typeof side === 'number' ? [side, side] : side,
    patchSize: fields.patch_size,
    embedDim: fields.embed_dim,
    depth: fields.depth,
    numHeads: fields.num_heads,
    mlpRatio: fields.mlp_ratio,
    numClasses: fields.num_classes,
    layerNormEps: fields.layer_norm_eps,
    qkvBias: fields.qkv_bias,
  }
}

/** A fixture's model; `img_size` is a side or [height, width]. */
export function vitOf(fields: z.output<typeof vitFields>): VitModelConfig {
  return checkVitConfig({
    ...sizesOf(fields),
    globalPool: fields.global_pool,
    initValues: fields.init_values,
    regTokens: fields.reg_tokens,
    noEmbedClass: fields.no_embed_class,
  })
}
