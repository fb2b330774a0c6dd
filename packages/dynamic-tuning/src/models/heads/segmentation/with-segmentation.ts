import { denseSettings } from '../../families.ts'
import type { ModelConfig } from '../../model-config.ts'
import { usualSegmentationHead } from './segmentation-head.ts'
import type { SegmentationSettings } from './settings.ts'

/**
 * The settings of the same backbone with a head that labels pixels, the usual one for it if none is named.
 * With UPerNet, attention of a ViT adds biases for distances, as in official models, unless
 * `relativePositionBias` is false.
 */
export function withSegmentation<C extends ModelConfig>(config: C, segmentation: SegmentationSettings): C {
  const { head = usualSegmentationHead(config) } = segmentation
  return {
    ...config,
    ...(head === 'upernet' && denseSettings(config)),
    segmentation: { ...segmentation, head },
  }
}
