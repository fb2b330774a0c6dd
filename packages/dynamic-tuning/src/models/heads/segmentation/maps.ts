import { dims, mul, reshape, type Tensor, transpose } from '@dynamic-tuning/engine'
import { conv2d } from '../../../nn/conv2d.ts'
import type { Weights } from '../../../nn/weight-store.ts'
import type { Tapped } from '../../head.ts'

/** Patch tokens as a map: [B, N, C] -> [B, C, rows, columns]. */
export function mapOf({ tokens, sizes }: Pick<Tapped, 'tokens' | 'sizes'>): Tensor {
  const [batch, , width] = dims(tokens, 'B N C', 'segmentation head')
  return reshape(transpose(tokens, [0, 2, 1]), [batch, width, ...sizes.grid])
}

/** Logits of a map by a 1x1 convolution with bias, `conv_seg`: [B, C, H, W] -> [B, K, H, W]. */
export function classifyMap(map: Tensor, weights: Weights, classes: number): Tensor {
  return conv2d(map, weights.at('conv_seg'), classes, { kernel: 1 })
}

/**
 * A map with whole channels dropped: times factors [1, B, C] of 0 or 1 / (1 - share). map: [B, C, H, W] ->
 * the same.
 */
export function dropChannels(map: Tensor, factors: Tensor | undefined): Tensor {
  if (factors === undefined) return map
  const [batch, channels] = dims(map, 'B C _ _', 'dropChannels')
  return mul(map, reshape(factors, [batch, channels, 1, 1]))
}
