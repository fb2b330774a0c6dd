import type { Network } from '../../../network/network.ts'
import { WeightStore } from '../../../nn/weight-store.ts'
import { labelTargets, segmentationLoss } from '../../../tasks/segmentation/loss.ts'
import type { PassResult } from '../../../training/learner.ts'
import type { ExtraFeeds, StepBatch } from '../../../training/step-feeds.ts'
import { TrainingStep } from '../../../training/training-step.ts'
import { scalarData } from '../../fixture.ts'
import { imagesOf, labelMaps, type Named, type SegmentationRun } from './run.ts'

/** Expected names of our losses, with what they are multiplied by. */
const lossNames: readonly (readonly [string, string, number])[] = [
  ['ce', 'decode_ce', 1],
  ['ceAuxiliary', 'aux_ce_weighted', 1],
  ['rateLoss', 'rate_weighted', 1],
  ['loss', 'total', 1],
  ['pixelsRight', 'decode_pixel_accuracy_percent', 100],
  ['pixelsRightAuxiliary', 'aux_pixel_accuracy_percent', 100],
]

/** The training step of users; `extraFeeds` replace what is drawn. */
export function createStep(
  run: SegmentationRun,
  network: Network,
  extraFeeds?: ExtraFeeds,
): Promise<TrainingStep> {
  const { settings, tensors, compile } = run
  const store = new WeightStore({ tensors, trainable: network.tunable })
  return TrainingStep.create({
    ...{ network, taskLoss: segmentationLoss, loss: settings.loss, store, seed: 0, compile },
    microBatch: batchOf(run).size,
    ...(extraFeeds && { extraFeeds }),
  })
}

/** The batch of the fixture. */
export function batchOf(run: SegmentationRun): StepBatch {
  const { data, shape } = imagesOf(run)
  return { images: data, targets: labelTargets(labelMaps(run)), size: shape[0] ?? 0 }
}

/** Logits of both heads. */
export function outputsOf({ outputs }: PassResult, prefix: string): Named {
  const names = { logits: 'logits', auxiliary: 'aux_logits' }
  return Object.entries(names).flatMap(([ours, name]) => {
    const tensor = outputs[ours]
    return tensor ? [[`${prefix}.${name}`, tensor] as const] : []
  })
}

/** All terms of the loss, and the mean active rate. */
export function lossesOf({ scalars, activeRatePerGate: rates }: PassResult, group: string): Named {
  const named = lossNames.flatMap(([ours, name, factor]) => {
    const value = scalars[ours]
    return value === undefined ? [] : [[`${group}.${name}`, scalarData(value * factor)] as const]
  })
  const mean = rates.reduce((a, b) => a + b, 0) / rates.length
  return [...named, [`${group}.active_rate`, scalarData(mean)]]
}
