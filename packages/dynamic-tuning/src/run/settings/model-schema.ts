import { z } from 'zod'
import { globalPools } from '../../models/heads/global-pool.ts'
import { segmentationHeads } from '../../models/heads/segmentation/settings.ts'
import type { ModelConfig, VitModelConfig } from '../../models/model-config.ts'

const count = z.int().min(1)
const segmentation = z.strictObject({
  head: z.enum(segmentationHeads),
  channels: count.optional(),
  auxiliaryChannels: count.optional(),
  dropout: z.number().min(0).lt(1).optional(),
  layers: z.array(z.int().min(0)).optional(),
})
const vit = z.strictObject({
  family: z.literal('vit').optional(),
  imageSize: z.tuple([count, count]),
  patchSize: count,
  embedDim: count,
  depth: count,
  numHeads: count,
  mlpRatio: z.number().positive(),
  numClasses: count,
  globalPool: z.enum(globalPools),
  frames: count.optional(),
  layerNormEps: z.number().positive(),
  qkvBias: z.boolean(),
  initValues: z.number().positive().optional(),
  regTokens: z.int().min(0).optional(),
  noEmbedClass: z.boolean().optional(),
  relativePositionBias: z.boolean().optional(),
  segmentation: segmentation.optional(),
})

const swin = z.strictObject({
  family: z.literal('swin'),
  imageSize: z.tuple([count, count]),
  patchSize: count,
  embedDim: count,
  depths: z.array(count).min(1),
  numHeads: z.array(count).min(1),
  windowSize: count,
  mlpRatio: z.number().positive(),
  numClasses: count,
  layerNormEps: z.number().positive(),
  qkvBias: z.boolean(),
  reductionBias: z.boolean().optional(),
  segmentation: segmentation.optional(),
})

/** A model's settings in the `config.json` of a run; unknown fields are refused. */
export const modelSchema: z.ZodType<ModelConfig> = z.discriminatedUnion('family', [vit, swin])

/** A model's settings without the number of classes, which pre-training takes from its data. */
export const backboneSchema: z.ZodType<Omit<VitModelConfig, 'numClasses'>> = vit.omit({ numClasses: true })
