import { expect, it } from 'vitest'
import { modelOf } from '../../models/model.ts'
import { modelConfig } from '../../models/named-model.ts'
import { chosenHead } from './settings.ts'

const pixels = (name: string, settings: Parameters<typeof chosenHead>[0] = {}) =>
  modelConfig(name, 5, { imageSize: [64, 64], ...chosenHead(settings) })

it('chooses the head of a backbone: UPerNet from 384 features on, unless one is named', () => {
  expect(pixels('vit_tiny_patch16_224').segmentation?.head).toBe('linear')
  expect(pixels('vit_small_patch16_224').segmentation?.head).toBe('upernet')
  expect(pixels('vit_tiny_patch16_224', { head: 'upernet' })).toMatchObject({
    segmentation: { head: 'upernet' },
    relativePositionBias: true,
  })
  expect(modelOf(pixels('vit_small_patch16_224', { head: 'linear' })).head.own.map(String)).toEqual([
    '/^decode_head\\./',
  ])
})

it('passes on the features and the dropout of the head', () => {
  const given = { head: 'upernet', headChannels: 24, auxiliaryChannels: 8, headDropout: 0.2 } as const
  expect(pixels('vit_tiny_patch16_224', given).segmentation).toEqual({
    ...{ head: 'upernet', channels: 24, auxiliaryChannels: 8, dropout: 0.2 },
  })
})
