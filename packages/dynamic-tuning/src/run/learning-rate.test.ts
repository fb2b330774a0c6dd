import { describe, expect, it } from 'vitest'
import { vitConfig } from '../models/vit/vit-names.ts'
import { learningRateText } from './learning-rate.ts'
import { checkFinetune } from './settings/check-finetune.ts'
import { completeFinetune } from './settings/complete-finetune.ts'

const config = vitConfig('vit_tiny_patch4_16', 5)
const settled = (given: object) =>
  completeFinetune(checkFinetune({ data: 'd', ...given }), { config, augment: 'none' })
const textOf = (given: object): string => learningRateText(settled(given))

describe('the learning rate', () => {
  it('holds for any batch, unless a base rate is given', () => {
    expect(settled({ batch: 1024 }).learningRate).toBe(0.001)
    expect(settled({ batch: 1024, baseLearningRate: 0.002 })).toMatchObject({ learningRate: 0.008 })
    expect(settled({ batch: 1024, baseLearningRate: 0.002 }).minimumLearningRate).toBeCloseTo(8e-5, 12)
    expect(settled({ baseLearningRate: 0.002 }).learningRate).toBe(0.0005)
    const both = settled({ batch: 1024, baseLearningRate: 0.002, learningRate: 0.003 })
    expect(both.learningRate).toBe(0.003)
    expect(settled(JSON.parse(JSON.stringify(both)))).toEqual(both)
  })

  it('says what it follows from', () => {
    expect(textOf({ batch: 1024, baseLearningRate: 0.001 })).toBe('0.004 = 0.001 x 1024 / 256')
    expect(textOf({ batch: 128, baseLearningRate: 0.001, method: 'full' })).toBe(
      '0.00005 = 0.1 x 0.001 x 128 / 256',
    )
    expect(textOf({})).toBe('0.001, for any batch')
    expect(textOf({ learningRate: 0.002, method: 'full' })).toBe('0.0002 = 0.1 x 0.002, for any batch')
    expect(textOf({ baseLearningRate: 0.001, learningRate: 0.002 })).toBe('0.002, for any batch')
  })
})
