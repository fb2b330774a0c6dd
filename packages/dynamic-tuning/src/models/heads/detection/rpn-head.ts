import { relu, type Tensor } from '@dynamic-tuning/engine'
import { conv2d } from '../../../nn/conv2d.ts'
import { normal, zeros } from '../../../nn/initializers.ts'
import type { Weights } from '../../../nn/weight-store.ts'

/** What the head says of the A anchors of every pixel. */
export interface RpnOutputs {
  /** How likely each anchor shows an object, [B, A, H, W]. */
  readonly logits: Tensor
  /** How to move each anchor, [B, 4A, H, W]; the four numbers of an anchor follow one another. */
  readonly deltas: Tensor
}

/** All weights start from a normal distribution of this deviation, all biases from 0. */
const start = { init: normal(0.01), biasInit: zeros }

/**
 * The head of a region proposal network (arXiv:1506.01497) with two 3x3 convolutions, as ViTDet has it: the
 * same weights for every level. Names are detectron2's, `conv.conv0`, `conv.conv1`, `objectness_logits`,
 * `anchor_deltas`. map: [B, C, H, W].
 * @param anchors A, the number of anchors of a pixel
 */
export function rpnHead(map: Tensor, weights: Weights, anchors = 3): RpnOutputs {
  const width = Number(map.shape[1])
  const hidden = ['conv.conv0', 'conv.conv1'].reduce(
    (x, name) => relu(conv2d(x, weights.at(name), width, { kernel: 3, padding: 1, ...start })),
    map,
  )
  const read = (name: string, features: number): Tensor =>
    conv2d(hidden, weights.at(name), features, { kernel: 1, ...start })
  return { logits: read('objectness_logits', anchors), deltas: read('anchor_deltas', 4 * anchors) }
}
