import { gelu, maxPool, type Tensor } from '@dynamic-tuning/engine'
import { channelNorm } from '../../../nn/channel-norm.ts'
import { convTranspose2d } from '../../../nn/conv2d.ts'
import type { Weights } from '../../../nn/weight-store.ts'
import { normConv } from './norm-conv.ts'

/** Maps from the finest to the coarsest: strides 4, 8, 16, 32 and 64 for patches of 16 pixels. */
export interface FeaturePyramid {
  readonly p2: Tensor
  readonly p3: Tensor
  readonly p4: Tensor
  readonly p5: Tensor
  readonly p6: Tensor
}

/**
 * The simple feature pyramid of ViTDet (arXiv:2203.16527), every level made from the last map of the
 * backbone: p2 by two transposed convolutions with channel norm and GELU between them, p3 by one, p4 as it
 * is, p5 by the maximum of 2 x 2; then a 1x1 and a 3x3 convolution, each with a channel norm. p6 is every
 * second pixel of p5. Names are detectron2's, `simfp_2.0` to `simfp_5.2`.
 * map: [B, C, H, W]; C must be a multiple of 4.
 */
export function featurePyramid(map: Tensor, weights: Weights, features: number): FeaturePyramid {
  const width = Number(map.shape[1])
  const up = (x: Tensor, name: string, channels: number): Tensor =>
    convTranspose2d(x, weights.at(name), channels, { kernel: 2, stride: 2 })
  const level = (x: Tensor, name: string, first: number): Tensor => {
    const narrow = normConv(x, weights.at(`${name}.${first}`), features, { kernel: 1 })
    return normConv(narrow, weights.at(`${name}.${first + 1}`), features, { kernel: 3 })
  }
  const raised = gelu(channelNorm(up(map, 'simfp_2.0', width / 2), weights.at('simfp_2.1')))
  const p5 = level(maxPool(map, { kernel: 2 }), 'simfp_5', 1)
  return {
    p2: level(up(raised, 'simfp_2.3', width / 4), 'simfp_2', 4),
    p3: level(up(map, 'simfp_3.0', width / 2), 'simfp_3', 1),
    p4: level(map, 'simfp_4', 0),
    p5,
    p6: maxPool(p5, { kernel: 1, stride: 2 }),
  }
}
