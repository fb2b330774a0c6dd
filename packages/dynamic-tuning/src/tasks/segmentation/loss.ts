import {
  add,
  argMax,
  cast,
  constant,
  dims,
  equal,
  input,
  logSoftmax,
  mul,
  neg,
  reduceMean,
  reduceSum,
  reshape,
  resize,
  scalar,
  type Tensor,
  where,
} from '@dynamic-tuning/engine'
import { ignoredLabel, type LabelMap } from '../../data/label-map.ts'
import { DataError } from '../../errors.ts'
import type { Named } from '../../models/head.ts'
import type { Targets, TaskLoss } from '../../training/loss.ts'
import { tensorIn } from '../logits.ts'

/** Weight of the auxiliary head's cross-entropy, as in official code. */
const auxiliaryWeight = 0.4

/** Cross-entropy of every pixel, and 0.4 times that of an auxiliary head, if the model has one. */
export const segmentationLoss: TaskLoss<LabelMap> = {
  name: 'ce',
  title: 'cross-entropy',
  outputs: ['logits'],
  optionalOutputs: ['auxiliary'],
  inputs: (_classes, { shape }) => ({ labels: input('labels', ['B', ...shape.slice(1)], 'int32') }),
  targets: labelTargets,
  of: (outputs, targets) => Object.values(weighted(outputs, targets)).reduce((sum, term) => add(sum, term)),
  terms: (outputs, targets) => ({ ...weighted(outputs, targets), ...shares(outputs, targets) }),
  // As in the official code: one pass, and no teacher.
  dynamicOnly: true,
}

/**
 * Label maps as the loss takes them: class numbers, -1 for ignored pixels, int32 [B, H, W].
 * @throws DataError for maps of different sizes
 */
export function labelTargets(maps: readonly LabelMap[]): Targets {
  const { width = 0, height = 0 } = maps[0] ?? {}
  const data = new Int32Array(maps.length * width * height)
  for (const [i, map] of maps.entries()) {
    if (map.width !== width || map.height !== height)
      throw new DataError(
        `segmentation: label maps of ${map.width} x ${map.height} and ${width} x ${height} pixels in one batch. Cut them to one size.`,
      )
    const start = i * width * height
    for (const [pixel, label] of map.data.entries()) data[start + pixel] = label === ignoredLabel ? -1 : label
  }
  return { labels: { dtype: 'int32', shape: [maps.length, height, width], data } }
}

/** The parts of the loss by their names in the metrics, with their weights. */
function weighted(outputs: Named, targets: Named): Named {
  const labels = tensorIn(targets, 'labels')
  const ce = pixelCrossEntropy(tensorIn(outputs, 'logits'), labels)
  if (outputs.auxiliary === undefined) return { ce }
  return { ce, ceAuxiliary: mul(pixelCrossEntropy(outputs.auxiliary, labels), auxiliaryWeight) }
}

/** Shares of all pixels that are labelled right, by their names in the metrics. */
function shares(outputs: Named, targets: Named): Named {
  const labels = tensorIn(targets, 'labels')
  return {
    pixelsRight: pixelsRight(tensorIn(outputs, 'logits'), labels),
    ...(outputs.auxiliary && { pixelsRightAuxiliary: pixelsRight(outputs.auxiliary, labels) }),
  }
}

/**
 * Mean over all pixels of -ln softmax(logits)[label], with logits enlarged to the labels first. Ignored
 * pixels add 0 but count in the mean, as in mmsegmentation. logits: [B, K, h, w]; labels: int32
 * [B, H, W], -1 where ignored.
 */
export function pixelCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const [batch, height, width] = dims(labels, 'B H W', 'segmentation')
  const enlarged = resize(logits, [height, width])
  const classes = Number(logits.shape[1])
  const numbers = constant({
    dtype: 'int32',
    shape: [1, classes, 1, 1],
    data: Int32Array.from({ length: classes }, (_, k) => k),
  })
  const isLabel = equal(reshape(labels, [batch, 1, height, width]), numbers)
  const picked = where(isLabel, logSoftmax(enlarged, 1), scalar(0))
  return neg(reduceMean(reduceSum(picked, { axes: [1] })))
}

/** Share of all pixels whose largest logit is at the label; ignored ones count as wrong. */
function pixelsRight(logits: Tensor, labels: Tensor): Tensor {
  const [, height, width] = dims(labels, 'B H W', 'segmentation')
  const best = cast(argMax(resize(logits, [height, width]), 1), 'int32')
  return reduceMean(cast(equal(best, labels), 'float32'))
}
