import { describe, expect, it } from 'vitest'
import { modelOf } from '../../model.ts'
import { modelConfig } from '../../named-model.ts'
import type { SegmentationSettings } from './settings.ts'

const base = 'vit_base_patch16_224'
const configOf = (name: string, segmentation: SegmentationSettings = {}) =>
  modelConfig(name, 2, { segmentation })

describe('the usual head that labels pixels', () => {
  it('is UPerNet with biases for distances on large backbones, linear on small ones', () => {
    expect(configOf(base)).toMatchObject({ segmentation: { head: 'upernet' }, relativePositionBias: true })
    const headOn = (name: string) => configOf(name).segmentation?.head
    expect(headOn('vit_small_patch16_224')).toBe('upernet')
    expect(headOn('swin_tiny_patch4_window7_224')).toBe('upernet')
    expect(headOn('vit_tiny_patch16_224')).toBe('linear')
    expect(configOf('vit_tiny_patch16_224')).not.toHaveProperty('relativePositionBias')
  })

  it('drops a tenth of UPerNet’s maps and nothing of a linear head’s', () => {
    const drops = (head: 'linear' | 'upernet') => modelOf(configOf(base, { head })).head.drops
    expect(drops('upernet')).toEqual({ 'channels.decode_head': 0.1, 'channels.auxiliary_head': 0.1 })
    expect(drops('linear')).toEqual({})
  })
})
