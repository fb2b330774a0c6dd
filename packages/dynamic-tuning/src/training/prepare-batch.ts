import type { Batch } from '../data/loader/batch.ts'
import type { ModelConfig } from '../models/model-config.ts'
import type { TaskLoss } from './loss.ts'
import { type MixingSettings, mixImages } from './mixing.ts'
import type { StepBatch } from './step-feeds.ts'

/** How a loader's batch is converted to the input of a step. */
export interface PreparationSettings extends MixingSettings {
  readonly labelSmoothing: number
  readonly seed: number
}

/** Converts the truths of batches to targets, and mixes images in pairs if the settings ask for it. */
export function batchPreparation<T>(
  loss: Pick<TaskLoss<T>, 'targets'>,
  { numClasses: classes, imageSize: [height, width] }: Pick<ModelConfig, 'numClasses' | 'imageSize'>,
  settings: PreparationSettings,
): (batch: Batch<T>, step: number) => StepBatch {
  const { labelSmoothing, seed } = settings
  return ({ images, truths, size }, step) => {
    const targets = loss.targets(truths, { classes, labelSmoothing })
    return mixImages({ images, targets, size }, settings, { height, width, seed, step })
  }
}
