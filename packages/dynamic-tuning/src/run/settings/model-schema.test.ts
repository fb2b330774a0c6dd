import { describe, expect, it } from 'vitest'
import type { VitModelConfig } from '../../models/model-config.ts'
import { tiny } from '../../models/tiny.test.support.ts'
import { vitConfig } from '../../models/vit/vit-names.ts'
import { backboneSchema, modelSchema } from './model-schema.ts'

const models: readonly VitModelConfig[] = [
  vitConfig('vit_base_patch16_224', 7),
  { ...tiny, globalPool: 'token+avg', initValues: 0.1, regTokens: 4, noEmbedClass: true },
]

describe('settings of a model in a run', () => {
  it.each(models)('come back as they were: %o', (config) => {
    const saved: unknown = JSON.parse(JSON.stringify(config))
    expect(modelSchema.parse(saved)).toEqual(config)
    const { numClasses: _, ...backbone } = config
    expect(backboneSchema.parse(JSON.parse(JSON.stringify(backbone)))).toEqual(backbone)
    expect(backboneSchema.safeParse(saved).success).toBe(false)
  })

  it('are refused where one is unknown or makes no sense', () => {
    for (const change of [
      { dropPath: 0.1 },
      { initValues: 0 },
      { regTokens: -1 },
      { depth: 0 },
      { numClasses: undefined },
    ])
      expect([change, modelSchema.safeParse({ ...tiny, ...change }).success]).toEqual([change, false])
  })
})
