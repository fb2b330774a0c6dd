import {
  abs,
  concat,
  dims,
  input,
  mul,
  reduceSum,
  reshape,
  sub,
  type Tensor,
  type TensorData,
  transpose,
} from '@dynamic-tuning/engine'
import type { Boxes } from '../../../models/heads/detection/anchors.ts'
import { encodeBoxes, proposalWeights } from '../../../models/heads/detection/box-codec.ts'
import type { RpnOutputs } from '../../../models/heads/detection/rpn-head.ts'
import { softplus } from '../../softplus.ts'
import type { BoxSample } from '../sample-boxes.ts'

/** The graph inputs of the loss, with their shapes: N anchors of all levels. */
export interface RpnTargets<T> {
  /** 1 for anchors that are objects, [B, N]. */
  readonly rpnLabels: T
  /** 1 for anchors that are trained on, [B, N]. */
  readonly rpnSampled: T
  /** How to move the anchors of sampled objects, [B, N, 4]; 0 for all others. */
  readonly rpnDeltas: T
}

/** An image of a batch: what of it is trained on, and the truth of each anchor, -1 where there is none. */
export interface RpnTruth {
  readonly sample: BoxSample
  readonly truths: Int32Array
  /** Boxes of its objects, [objects * 4]. */
  readonly boxes: Boxes
}

/** Graph inputs of the loss, for a batch of this many images. */
export function rpnTargetInputs(images: number, anchors: number): RpnTargets<Tensor> {
  return {
    rpnLabels: input('rpnLabels', [images, anchors]),
    rpnSampled: input('rpnSampled', [images, anchors]),
    rpnDeltas: input('rpnDeltas', [images, anchors, 4]),
  }
}

/** Values of those inputs for a batch. anchors: [N * 4]. */
export function rpnTargets(anchors: Boxes, images: readonly RpnTruth[]): RpnTargets<TensorData> {
  const count = anchors.length / 4
  const of = (...shape: number[]) => ({
    dtype: 'float32' as const,
    shape: [images.length, ...shape],
    data: new Float32Array(images.length * shape.reduce((a, b) => a * b, 1)),
  })
  const [labels, sampled, deltas] = [of(count), of(count), of(count, 4)]
  for (const [image, { sample, truths, boxes }] of images.entries()) {
    for (const i of [...sample.positive, ...sample.negative]) sampled.data[image * count + i] = 1
    for (const i of sample.positive) {
      const truth = truths[i] ?? 0
      labels.data[image * count + i] = 1
      const moved = encodeBoxes(
        anchors.subarray(4 * i, 4 * i + 4),
        boxes.subarray(4 * truth, 4 * truth + 4),
        proposalWeights,
      )
      deltas.data.set(moved, 4 * (image * count + i))
    }
  }
  return { rpnLabels: labels, rpnSampled: sampled, rpnDeltas: deltas }
}

/** A map [B, A * width, H, W] as rows by row, column and anchor: [B, H * W * A, width]. */
function asRows(map: Tensor, width: number): Tensor {
  const [batch, channels, height, columns] = dims(map, '_ C H W', 'rpn')
  const apart = reshape(map, [batch, channels / width, width, height, columns])
  const rows = height * columns * (channels / width)
  return reshape(transpose(apart, [0, 3, 4, 1, 2]), [batch, rows, width])
}

/** Logits [B, N, 1] and deltas [B, N, 4] of all anchors, levels one after the other. */
export function flatAnswers(levels: readonly RpnOutputs[]): { logits: Tensor; deltas: Tensor } {
  return {
    logits: concat(
      levels.map(({ logits }) => asRows(logits, 1)),
      1,
    ),
    deltas: concat(
      levels.map(({ deltas }) => asRows(deltas, 4)),
      1,
    ),
  }
}

/** The two losses of a proposal network. */
export interface RpnLosses {
  /** Binary cross-entropy of the sampled anchors, over `perImage` and the images. */
  readonly loss_rpn_cls: Tensor
  /** Sum of |difference| of the deltas of sampled objects, over the same. */
  readonly loss_rpn_loc: Tensor
}

/**
 * Losses of a proposal network (arXiv:1506.01497), with plain L1 for boxes as ViTDet has it.
 * @param perImage anchors that are to be sampled of each image: the losses are divided by it even where
 * fewer were found
 */
export function rpnLosses(
  levels: readonly RpnOutputs[],
  { rpnLabels, rpnSampled, rpnDeltas }: RpnTargets<Tensor>,
  { perImage, images }: { readonly perImage: number; readonly images: number },
): RpnLosses {
  const { logits, deltas } = flatAnswers(levels)
  const x = reshape(logits, rpnLabels.shape)
  const entropy = sub(softplus(x), mul(rpnLabels, x))
  const off = reduceSum(abs(sub(deltas, rpnDeltas)), { axes: [2] })
  const share = 1 / (perImage * images)
  return {
    loss_rpn_cls: mul(reduceSum(mul(entropy, rpnSampled)), share),
    loss_rpn_loc: mul(reduceSum(mul(off, rpnLabels)), share),
  }
}
