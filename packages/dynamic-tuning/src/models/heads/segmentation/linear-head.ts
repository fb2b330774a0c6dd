import { type Head, onlyTap } from '../../head.ts'
import { channelFactors, type DroppedChannels, dropsOf } from './channel-dropout.ts'
import { classifyMap, dropChannels, mapOf } from './maps.ts'
import type { SegmentationOutputs } from './outputs.ts'

/** Settings of the linear head. */
export interface LinearHeadSettings {
  readonly classes: number
  /** Share of features dropped in training. */
  readonly dropout: number
}

/**
 * Labels patches by a 1x1 convolution over their tokens after the final norm, as in DINOv2's linear
 * evaluation without its batch norm. Gives `logits` [B, K, rows, columns], one for each patch.
 */
export function linearHead({ classes, dropout }: LinearHeadSettings): Head<SegmentationOutputs> {
  const drops: DroppedChannels = { decode_head: dropout }
  return {
    classes,
    reads: [{ normed: true, tokens: 'patches' }],
    own: [/^decode_head\./],
    needsAllTokens: 'labels every patch',
    drops: dropsOf(drops),
    build(taps, { weights, training }) {
      const map = mapOf(onlyTap(taps))
      const kept = dropChannels(map, channelFactors(map, 'decode_head', { drops, training }))
      return { logits: classifyMap(kept, weights.at('decode_head'), classes) }
    },
  }
}
