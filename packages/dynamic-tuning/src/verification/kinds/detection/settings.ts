import { z } from 'zod'
import { pyramidHead } from '../../../models/heads/detection/pyramid-head.ts'
import { layoutOf } from '../../../models/samples/layout-of.ts'
import type { VitdetConfig } from '../../../models/vitdet/vitdet-config.ts'
import { type Network, network } from '../../../network/network.ts'
import { dyt } from '../../../tuners/dyt.ts'
import { type Fixture, fixtureConfig } from '../../fixture.ts'

const count = z.int().positive()

/** `config.json` of a ViTDet backbone; values that the library does not support are refused. */
const fields = z.looseObject({
  kind: z.enum(['vitdet-backbone', 'vitdet-backbone-dyt']),
  ...{ img_size: count, patch_size: count, in_chans: z.literal(3), embed_dim: count, depth: count },
  ...{ num_heads: count, mlp_ratio: z.number().positive(), window_size: count, out_channels: count },
  window_block_indexes: z.array(z.int().min(0)),
  ...{ pretrain_img_size: count, pretrain_use_cls_token: z.literal(true), qkv_bias: z.boolean() },
  ...{ layer_norm_eps: z.number().positive(), activation: z.literal('gelu_erf') },
  ...{ use_abs_pos: z.literal(true), use_rel_pos: z.literal(true), drop_path: z.literal(0) },
  ...{ pyramid_norm: z.literal('LN'), pyramid_norm_eps: z.literal(1e-6) },
  ...{ bottleneck: count.optional(), adapter_scale: z.number().optional() },
  target_rate: z.number().min(0).max(1).optional(),
  dispatcher: z
    .looseObject({
      bias: z.literal(true),
      tau: z.number().positive(),
      threshold: z.literal(0.5),
      comparison: z.literal('greater'),
      keeps_class_token: z.literal(false),
    })
    .optional(),
  loss: z.looseObject({ rate_weight: z.number(), target_rate: z.number() }).optional(),
})

/** A fixture's backbone for images of a size, and the loss of its gates. */
export interface VitdetFixture {
  readonly dispatches: boolean
  readonly rate: { readonly weight: number; readonly target: number }
  networkOf(imageSize: readonly [number, number]): Network
}

/** True for a fixture of this kind. */
export function isVitdetFixture(config: unknown): boolean {
  return z.looseObject({ kind: fields.shape.kind }).safeParse(config).success
}

/** The settings of a fixture. @throws ConfigError naming the unsupported field */
export function vitdetSettings(fixture: Fixture): VitdetFixture {
  const read = fixtureConfig(fixture, fields)
  const { dispatcher, loss } = read
  const side = read.img_size / read.patch_size
  const stored = read.pretrain_img_size / read.patch_size
  const blocks = Array.from({ length: read.depth }, (_, i) => i)
  const base: Omit<VitdetConfig, 'imageSize'> = {
    ...{ family: 'vitdet', patchSize: read.patch_size, embedDim: read.embed_dim, depth: read.depth },
    ...{ numHeads: read.num_heads, mlpRatio: read.mlp_ratio, layerNormEps: read.layer_norm_eps },
    ...{ qkvBias: read.qkv_bias, windowSize: read.window_size },
    globalBlocks: blocks.filter((block) => !read.window_block_indexes.includes(block)),
    ...{ positionGrid: [stored, stored], relativeGrid: [side, side] },
  }
  const options = dispatcher && {
    ...{ ...dyt.defaults, adapterDropout: 0, temperature: dispatcher.tau },
    ...{ bottleneck: read.bottleneck ?? dyt.defaults.bottleneck, rate: read.target_rate ?? 0.5 },
    adapterScale: read.adapter_scale ?? dyt.defaults.adapterScale,
  }
  return {
    dispatches: dispatcher !== undefined,
    rate: { weight: loss?.rate_weight ?? 0, target: loss?.target_rate ?? 0 },
    networkOf: (imageSize) =>
      network({
        config: { ...base, imageSize },
        sample: layoutOf({ imageSize }),
        head: pyramidHead(read.out_channels),
        ...(options && { tuner: dyt, options }),
      }),
  }
}
