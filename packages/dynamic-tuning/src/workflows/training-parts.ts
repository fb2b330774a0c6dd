import type { BatchOrderSettings } from '../data/batch-order.ts'
import type { Example } from '../data/example.ts'
import { createLoader, type Loader } from '../data/loader.ts'
import type { ScheduleSettings } from '../training/schedule.ts'
import { evaluationTransform, trainingTransform } from './augmentations.ts'
import type { FinetuneSettings } from './finetune-settings.ts'
import type { Prepared } from './prepare-run.ts'

/** A loader over the training images: shuffled, full batches only. */
export function trainingLoader(prepared: Prepared): Loader {
  const { settings, dataset, normalization } = prepared
  const { workers } = settings
  return createLoader(dataset.train, {
    ...trainingOrder(prepared),
    transform: trainingTransform(settings, normalization),
    ...(workers !== undefined && { workers }),
  })
}

/** Training examples come shuffled, in full batches only. */
export function trainingOrder({
  settings,
  dataset,
}: Pick<Prepared, 'settings' | 'dataset'>): BatchOrderSettings {
  const { seed, batch } = settings
  return { batch: Math.min(batch, dataset.train.length), seed, shuffle: true, dropLast: true }
}

/** Images of a batch that is only looked at. */
export function heldOutBatch({ microBatch }: Pick<FinetuneSettings, 'microBatch'>): number {
  return Math.min(64, 4 * microBatch)
}

/** A loader over held-out images, in batches that suit inference. */
export function heldOut({ settings, normalization }: Prepared, examples: readonly Example[]): Loader {
  return createLoader(examples, {
    transform: evaluationTransform(settings, normalization),
    batch: heldOutBatch(settings),
    seed: settings.seed,
    workers: Math.min(1, settings.workers ?? 1),
  })
}

/** The learning rate's schedule; `factor` is the method's own. */
export function scheduleOf(
  settings: FinetuneSettings,
  factor: number,
  stepsPerEpoch: number,
): Omit<ScheduleSettings, 'totalSteps'> {
  const { learningRate, minimumLearningRate, warmupEpochs } = settings
  return {
    learningRate: learningRate * factor,
    minimum: minimumLearningRate * factor,
    warmupSteps: Math.round(warmupEpochs * stepsPerEpoch),
  }
}
