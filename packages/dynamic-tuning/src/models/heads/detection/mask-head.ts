import { relu, type Tensor } from '@dynamic-tuning/engine'
import { conv2d, convTranspose2d } from '../../../nn/conv2d.ts'
import { kaimingNormalOut, normal, zeros } from '../../../nn/initializers.ts'
import type { Weights } from '../../../nn/weight-store.ts'
import { normConv } from './norm-conv.ts'

/** Sizes of a mask head. */
export interface MaskHeadSettings {
  /** K, the number of classes; each has a mask of its own. */
  readonly classes: number
  /** Channels of its convolutions. */
  readonly channels: number
}

/**
 * The mask head of Mask R-CNN (arXiv:1703.06870) as ViTDet has it: four 3x3 convolutions with channel norm
 * and ReLU, a transposed one that doubles the map, ReLU, and a 1x1 convolution. Names are detectron2's,
 * `mask_fcn1` to `mask_fcn4`, `deconv`, `predictor`.
 * regions: [R, C, P, P], pooled from the pyramid -> mask logits [R, K, 2P, 2P].
 */
export function maskHead(regions: Tensor, weights: Weights, { classes, channels }: MaskHeadSettings): Tensor {
  const init = kaimingNormalOut
  const map = ['mask_fcn1', 'mask_fcn2', 'mask_fcn3', 'mask_fcn4'].reduce(
    (x, name) => relu(normConv(x, weights.at(name), channels, { kernel: 3, init })),
    regions,
  )
  const doubled = relu(
    convTranspose2d(map, weights.at('deconv'), channels, { kernel: 2, stride: 2, init, biasInit: zeros }),
  )
  const last = { kernel: 1, init: normal(0.001), biasInit: zeros }
  return conv2d(doubled, weights.at('predictor'), classes, last)
}
