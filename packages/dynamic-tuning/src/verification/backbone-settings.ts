import { z } from 'zod'
import { checkVitConfig, type VitConfig } from '../models/vit-config.ts'
import type { Tolerance } from './fixture.ts'

const count = z.int().positive()

/** The fields of `config.json` where fixtures of many methods share one backbone; other values than ours are refused. */
export const backboneFields = z.looseObject({
  method: z.string(),
  backbone: z.looseObject({
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
    pool: z.literal('cls token').default('cls token'),
    activation: z.literal('gelu (exact, erf)').default('gelu (exact, erf)'),
    weights: z.string().default('../backbone/weights.safetensors'),
  }),
  hyper_parameters: z.looseObject({}).default({}),
})

/** Whether a `config.json` is of this family: it names a method and describes the backbone below it. */
export function isBackboneFixture(config: unknown): boolean {
  return z.looseObject({ method: z.string(), backbone: z.looseObject({}) }).safeParse(config).success
}

/** The fixture's ViT; `img_size` is a side or [height, width]. */
export function backboneVit({ backbone }: z.output<typeof backboneFields>): VitConfig {
  const side = backbone.img_size
  return checkVitConfig({
    imageSize: typeof side === 'number' ? [side, side] : side,
    patchSize: backbone.patch_size,
    embedDim: backbone.embed_dim,
    depth: backbone.depth,
    numHeads: backbone.num_heads,
    mlpRatio: backbone.mlp_ratio,
    numClasses: backbone.num_classes,
    globalPool: 'token',
    layerNormEps: backbone.layer_norm_eps,
    qkvBias: backbone.qkv_bias,
  })
}

/**
 * Limits where a fixture of this family has no `expected.json`: what float32 needs. Indices are exact, gradients near a
 * share of the largest entry, everything else near in absolute terms.
 */
export const backboneTolerances: Readonly<Record<string, Tolerance>> = {
  '*index': { abs: 0, rel_to_tensor_max: 0 },
  '*decision': { abs: 0, rel_to_tensor_max: 0 },
  '*grad.*': { abs: 0, rel_to_tensor_max: 2e-4 },
  '*': { abs: 5e-5, rel_to_tensor_max: 0 },
}
