import { dims, relu, reshape, type Tensor } from '@dynamic-tuning/engine'
import { kaimingNormalOut, normal, uniform, zeros } from '../../../nn/initializers.ts'
import { linearLayer } from '../../../nn/linear.ts'
import type { Weights } from '../../../nn/weight-store.ts'
import { normConv } from './norm-conv.ts'

/** Sizes of a box head. */
export interface BoxHeadSettings {
  /** K, the number of classes, without the background. */
  readonly classes: number
  /** Channels of its convolutions. */
  readonly channels: number
  /** Features after its linear map. */
  readonly features: number
}

/** What a box head says of R regions. */
export interface BoxOutputs {
  /** Logits of the classes and, last, of the background: [R, K + 1]. */
  readonly scores: Tensor
  /** How to move the region for each class, [R, 4K]; the four numbers of a class follow one another. */
  readonly deltas: Tensor
  /** Features that both are read from, [R, F]. */
  readonly features: Tensor
}

/**
 * The box head of ViTDet (arXiv:2203.16527): four 3x3 convolutions with channel norm and ReLU, one linear map
 * with ReLU, then one linear map each for classes and boxes. Names are detectron2's, `box_head.conv1` to
 * `box_head.fc1`, `box_predictor.cls_score`, `box_predictor.bbox_pred`.
 * regions: [R, C, P, P], pooled from the pyramid.
 */
export function boxHead(
  regions: Tensor,
  weights: Weights,
  { classes, channels, features: count }: BoxHeadSettings,
): BoxOutputs {
  const own = weights.at('box_head')
  const map = ['conv1', 'conv2', 'conv3', 'conv4'].reduce(
    (x, name) => relu(normConv(x, own.at(name), channels, { kernel: 3, init: kaimingNormalOut })),
    regions,
  )
  const [, , rows, columns] = dims(map, '_ C H W', 'boxHead')
  const size = channels * rows * columns
  const flat = reshape(map, [map.shape[0] ?? 0, size])
  const ofFlat = { weight: uniform(Math.sqrt(3 / size)), bias: zeros }
  const features = relu(linearLayer(flat, own.at('fc1'), count, ofFlat))
  const read = (name: string, outs: number, deviation: number): Tensor =>
    linearLayer(features, weights.at(`box_predictor.${name}`), outs, {
      weight: normal(deviation),
      bias: zeros,
    })
  return {
    scores: read('cls_score', classes + 1, 0.01),
    deltas: read('bbox_pred', 4 * classes, 0.001),
    features,
  }
}
