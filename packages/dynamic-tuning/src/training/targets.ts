import type { Batch } from '../data/loader/batch.ts'
import type { StepBatch } from './step-feeds.ts'

/**
 * Labels as rows of probabilities: 1 - smoothing at the label plus smoothing / K everywhere (arXiv:1512.00567).
 */
export function softTargets(labels: BigInt64Array, classes: number, smoothing = 0): Float32Array {
  const targets = new Float32Array(labels.length * classes).fill(smoothing / classes)
  for (const [i, label] of labels.entries())
    targets[i * classes + Number(label)] = 1 - smoothing + smoothing / classes
  return targets
}

/** A batch as a training step takes it. */
export function withTargets(batch: Batch, classes: number, smoothing = 0): StepBatch {
  return { images: batch.images, targets: softTargets(batch.labels, classes, smoothing), size: batch.size }
}
