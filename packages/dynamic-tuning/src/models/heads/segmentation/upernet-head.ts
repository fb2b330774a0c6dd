import type { Tensor } from '@dynamic-tuning/engine'
import { convUnit } from '../../../nn/conv-unit.ts'
import { present } from '../../../present.ts'
import type { Head, HeadPlace, Tapped } from '../../head.ts'
import type { Taps } from '../../taps.ts'
import { channelFactors, type DroppedChannels, dropsOf } from './channel-dropout.ts'
import { classifyMap, dropChannels } from './maps.ts'
import type { SegmentationOutputs } from './outputs.ts'
import type { Pyramid } from './pyramid.ts'
import { type UperMaps, uperMaps } from './uper-decoder.ts'

/** Settings of a UPerNet. */
export interface UperHeadSettings {
  readonly classes: number
  /** What it reads, from the tokens for the finest map to those for the coarsest. */
  readonly reads: Taps
  readonly pyramid: Pyramid
  /** M, features of its maps. */
  readonly channels: number
  /** Features of the auxiliary head. */
  readonly auxiliaryChannels: number
  /** Share of channels dropped before logits in training. */
  readonly dropout: number
}

/** All maps of a UPerNet, from the backbone's to the logits. */
export interface UperStages extends UperMaps {
  /** Maps from the finest to the coarsest, [B, C, H, W] each. */
  readonly levels: readonly Tensor[]
  /** [B, K, H, W] at the size of the finest map. */
  readonly logits: Tensor
  /** Logits of the auxiliary head, at the size of the map before the coarsest. */
  auxiliary(): Tensor
}

/**
 * UPerNet (arXiv:1807.10221): `logits` [B, K, h, w] at the size of its finest map and, in training passes,
 * `auxiliary` from a small convolutional head on the map before the coarsest.
 */
export function uperHead(settings: UperHeadSettings): Head<SegmentationOutputs> {
  const { classes, reads, pyramid } = settings
  return {
    classes,
    reads,
    own: [...pyramid.own, /^decode_head\./, /^auxiliary_head\./],
    needsAllTokens: 'labels every patch',
    // Pyramid pooling has a batch norm over a single value of each image.
    leastImages: 2,
    drops: dropsOf(dropsIn(settings)),
    build(taps, place) {
      const { logits, auxiliary } = uperStages(taps, settings, place)
      return { logits, ...(place.training && { auxiliary: auxiliary() }) }
    },
  }
}

/** Builds a UPerNet and returns what it computes on the way. */
export function uperStages(
  taps: readonly Tapped[],
  settings: UperHeadSettings,
  { weights, training }: Pick<HeadPlace, 'weights' | 'training'>,
): UperStages {
  const { classes, pyramid, channels, auxiliaryChannels } = settings
  const levels = pyramid.build(taps, weights)
  const maps = uperMaps(levels, weights.at('decode_head'), { channels, training })
  const classified = (map: Tensor, part: 'decode_head' | 'auxiliary_head'): Tensor => {
    const factors = channelFactors(map, part, { drops: dropsIn(settings), training })
    return classifyMap(dropChannels(map, factors), weights.at(part), classes)
  }
  const auxiliary = (): Tensor => {
    const unit = { kernel: 3, padding: 1, training } as const
    const read = present(levels.at(-2), 'the map before the coarsest')
    return classified(
      convUnit(read, weights.at('auxiliary_head.convs.0'), auxiliaryChannels, unit),
      'auxiliary_head',
    )
  }
  return { ...maps, levels, logits: classified(maps.fused, 'decode_head'), auxiliary }
}

function dropsIn({ dropout }: UperHeadSettings): DroppedChannels {
  return { decode_head: dropout, auxiliary_head: dropout }
}
