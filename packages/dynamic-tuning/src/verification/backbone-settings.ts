import { z } from 'zod'
import type { VitModelConfig } from '../models/model-config.ts'
import { checkVitConfig } from '../models/vit/vit-config.ts'
import { sizeFields, sizesOf } from './vit-settings.ts'

/** Fields of `config.json` of fixtures that share one backbone; unsupported values are refused. */
export const backboneFields = z.looseObject({
  method: z.string(),
  backbone: z.looseObject({
    ...sizeFields,
    pool: z.literal('cls token').default('cls token'),
    activation: z.literal('gelu (exact, erf)').default('gelu (exact, erf)'),
    weights: z.string().default('../backbone/weights.safetensors'),
  }),
  hyper_parameters: z.looseObject({}).default({}),
})

/** True for a `config.json` of this family: it names a method and describes its backbone. */
export function isBackboneFixture(config: unknown): boolean {
  return z.looseObject({ method: z.string(), backbone: z.looseObject({}) }).safeParse(config).success
}

/** The fixture's ViT. */
export function backboneVit({ backbone }: z.output<typeof backboneFields>): VitModelConfig {
  return checkVitConfig({ ...sizesOf(backbone), globalPool: 'token' })
}
