import {
  abs,
  div,
  greater,
  logSoftmax,
  mul,
  neg,
  reduceMean,
  reduceSum,
  reshape,
  scalar,
  sub,
  type Tensor,
  where,
} from '@dynamic-tuning/engine'
import type { BoxOutputs } from '../../../models/heads/detection/box-head.ts'
import { softplus } from '../../softplus.ts'
import type { RegionTargets } from './targets.ts'

/** The losses of a box head. */
export interface BoxLosses {
  /** Mean cross-entropy of all regions. */
  readonly loss_cls: Tensor
  /** Sum of |difference| of the deltas of foreground regions at their classes, over all regions. */
  readonly loss_box_reg: Tensor
}

/** Losses of a box head (Fast R-CNN, arXiv:1504.08083), with plain L1 for boxes as ViTDet has it. */
export function boxLosses(
  { scores, deltas }: Pick<BoxOutputs, 'scores' | 'deltas'>,
  { regionClasses, regionDeltas, regionForeground }: RegionTargets<Tensor>,
): BoxLosses {
  const entropy = neg(reduceSum(mul(regionClasses, logSoftmax(scores, 1)), { axes: [1] }))
  const off = mul(abs(sub(deltas, regionDeltas)), regionForeground)
  return { loss_cls: reduceMean(entropy), loss_box_reg: reduceMean(reduceSum(off, { axes: [1] })) }
}

/**
 * Mean binary cross-entropy of the masks of foreground regions at their classes (Mask R-CNN,
 * arXiv:1703.06870), 0 where there is none. logits: [F, K, M, M], classes: 1 at the class of each, [F, K],
 * targets: [F, M, M].
 */
export function maskLoss(logits: Tensor, classes: Tensor, targets: Tensor): Tensor {
  const [regions = 0, count = 0] = classes.shape
  const own = reduceSum(mul(logits, reshape(classes, [regions, count, 1, 1])), { axes: [1] })
  const [, rows, columns] = targets.shape.map(Number)
  const pixels = mul(reduceSum(classes), (rows ?? 0) * (columns ?? 0))
  const atLeastOne = where(greater(pixels, scalar(0)), pixels, scalar(1))
  return div(reduceSum(sub(softplus(own), mul(targets, own))), atLeastOne)
}
