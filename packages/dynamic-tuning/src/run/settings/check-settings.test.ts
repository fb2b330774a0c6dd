import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../errors.ts'
import { vitConfig } from '../../models/vit/vit-names.ts'
import { tuners } from '../../tuners/registry.ts'
import { checkFinetune } from './check-finetune.ts'
import { completeFinetune } from './complete-finetune.ts'
import { finetuneKeys } from './finetune-settings.ts'
import { usualMicroBatch } from './micro-batch.ts'
import { editDistance, nearestWord } from './nearest-word.ts'
import { checkPretrain } from './pretrain-settings.ts'

describe('nearestWord', () => {
  it('counts letters to change', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3)
    expect(editDistance('', 'abc')).toBe(3)
    expect(editDistance('same', 'same')).toBe(0)
  })

  it('finds the word that was meant, and none where nothing is near', () => {
    expect(nearestWord('weight-decai', finetuneKeys)).toBe('weightDecay')
    expect(nearestWord('epocs', finetuneKeys)).toBe('epochs')
    expect(nearestWord('zzz', finetuneKeys)).toBeUndefined()
    expect(nearestWord('x', [])).toBeUndefined()
  })
})

const message = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
  throw new Error('nothing was thrown')
}

describe('settings of finetune', () => {
  const config = vitConfig('vit_base_patch16_224', 10)

  it('fill in what the method and the model decide', () => {
    const settings = completeFinetune(checkFinetune({ data: 'd', epochs: 20 }), { config, augment: 'light' })
    expect(settings).toMatchObject({
      method: 'dyt',
      bottleneck: 64,
      rate: 0.5,
      warmupEpochs: 2,
      augment: 'light',
    })
    expect(settings.minimumLearningRate).toBeCloseTo(1e-5, 15)
    expect([settings.imageSize, settings.microBatch]).toEqual([[224, 224], usualMicroBatch(config)])
    const given = { data: 'd', method: 'linear', batch: 3, augment: undefined, warmupEpochs: 0 }
    expect(completeFinetune(checkFinetune(given), { config, augment: 'none' })).toMatchObject({
      microBatch: 3,
      bottleneck: 0,
      augment: 'none',
      warmupEpochs: 0,
    })
  })

  it('come back as they were from JSON', () => {
    for (const method of [...tuners.map(({ name }) => name), 'lora+adaptformer']) {
      const settings = completeFinetune({ data: 'd', method }, { config, augment: 'strong' })
      const read = checkFinetune(JSON.parse(JSON.stringify(settings)))
      expect(completeFinetune(read, { config, augment: 'none' })).toEqual(settings)
    }
  })

  it('name everything that is wrong', () => {
    expect(message(() => checkFinetune({}))).toBe('finetune: data is missing. Give it.')
    expect(message(() => checkFinetune({ data: 'd', lr: 1, weigthDecay: 2 }))).toMatch(
      /Unknown setting lr\. Unknown setting weigthDecay\. Did you mean weightDecay\? Known are /,
    )
    const two = message(() => checkFinetune({ data: 'd', xq: 1, zj: 2 }))
    expect(two).toMatch(/^finetune: Unknown setting xq\. Unknown setting zj\. Known are [^.]*\.$/)
    expect(message(() => checkFinetune({ data: 'd', rate: 2 }))).toMatch(/^finetune: rate is 2: /)
    expect(message(() => checkFinetune({ data: 'd', imageSize: [32, 0] }))).toMatch(
      /^finetune: imageSize\.1 is 0: /,
    )
    expect(message(() => checkFinetune({ data: 'd', dispatch: 'block' }))).toMatch(
      /dispatch is "block": .*attention-mlp/,
    )
    expect(message(() => checkFinetune({ data: 'd', method: 'x' }))).toMatch('method: unknown name x.')
    expect(message(() => checkFinetune({ data: 'd', bottleneck: 0 }))).toMatch('bottleneck is 0')
    for (const rate of [0, 1.01]) expect(message(() => checkFinetune({ data: 'd', rate }))).toMatch('rate is')
    expect(message(() => checkFinetune({ data: 'd', method: 'linear', experts: 4 }))).toMatch(
      '4 experts, but linear has no adapters of that kind.',
    )
    const gated = { data: 'd', method: 'adaptformer', dispatchLevel: 'sample' }
    expect(message(() => checkFinetune(gated))).toMatch('dispatchLevel is given, but nothing is dispatched.')
    const known = { config, augment: 'none' } as const
    for (const [dispatchLayers, what] of [
      [[0, 12], 'names 12 but layers are 0 to 11'],
      [[3, 3], 'names 3 twice'],
    ] as const)
      expect(message(() => completeFinetune(checkFinetune({ data: 'd', dispatchLayers }), known))).toMatch(
        what,
      )
    expect(message(() => checkFinetune({ data: 'd', cropRatio: 0.875 }))).toMatch(
      'cropRatio is 0.875, but images are not cropped. Add resize: crop',
    )
    expect(checkFinetune({ data: 'd', resize: 'crop', cropRatio: 0.875 })).toMatchObject({ cropRatio: 0.875 })
    expect(message(() => checkFinetune({ data: 'd', microBatch: 65 }))).toMatch(
      'microBatch is 65 but the batch only 64.',
    )
  })

  it('size micro-batches by the model: 16 for ViT-B/16, fewer for larger ones', () => {
    expect(usualMicroBatch(config)).toBeGreaterThanOrEqual(14)
    expect(usualMicroBatch(config)).toBeLessThanOrEqual(18)
    expect(usualMicroBatch(vitConfig('vit_large_patch16_224'))).toBeLessThan(usualMicroBatch(config) / 2)
    expect(usualMicroBatch({ ...config, regTokens: 197 })).toBe(Math.floor(usualMicroBatch(config) / 2))
    expect(usualMicroBatch({ ...config, imageSize: [4096, 4096] })).toBe(1)
  })
})

describe('settings of pretrain', () => {
  it('are checked against one another', () => {
    expect(checkPretrain({ data: 'd' })).toMatchObject({ epochs: 20, fullEpochs: 2, keep: 0.25 })
    expect(message(() => checkPretrain({ data: 'd', epochs: 1 }))).toMatch('fullEpochs is 2 of 1 epochs.')
    expect(message(() => checkPretrain({ data: 'd', kep: 1 }))).toMatch('Did you mean keep?')
  })
})
