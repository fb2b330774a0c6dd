import type { Batch } from '../data/loader/batch.ts'
import type { ModelConfig } from '../models/model-config.ts'
import { type MixingSettings, mixImages } from './mixing.ts'
import type { StepBatch } from './step-feeds.ts'
import { withTargets } from './targets.ts'

/** How a loader's batch becomes what a step takes. */
export interface PreparationSettings extends MixingSettings {
  readonly labelSmoothing: number
  readonly seed: number
}

/** Soft labels, and images mixed in pairs where the settings ask for it. */
export function batchPreparation(
  { numClasses, imageSize: [height, width] }: Pick<ModelConfig, 'numClasses' | 'imageSize'>,
  settings: PreparationSettings,
): (batch: Batch, step: number) => StepBatch {
  const { labelSmoothing, seed } = settings
  return (batch, step) =>
    mixImages(withTargets(batch, numClasses, labelSmoothing), settings, { height, width, seed, step })
}
