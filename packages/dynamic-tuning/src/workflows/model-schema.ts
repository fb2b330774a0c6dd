import { z } from 'zod'
import { globalPools, type VitConfig } from '../models/vit-config.ts'

const count = z.int().min(1)
const fields = z.strictObject({
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
})

/** A model's settings in the `config.json` of a run; other fields than these are refused. */
export const modelSchema: z.ZodType<VitConfig> = fields

/** The same without the number of classes, which pre-training takes from its data. */
export const backboneSchema: z.ZodType<Omit<VitConfig, 'numClasses'>> = fields.omit({ numClasses: true })
