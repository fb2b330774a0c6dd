import type { Example } from '../data/example.ts'
import { createLoader, type Loader } from '../data/loader.ts'
import type { ScheduleSettings } from '../training/schedule.ts'
import { evaluationTransform, trainingTransform } from './augmentations.ts'
import type { FinetuneSettings } from './finetune-settings.ts'
import type { Prepared } from './prepare-run.ts'

/** A loader over the training images: shuffled, full batches only. */
export function trainingLoader({ settings, dataset, normalization }: Prepared): Loader {
  const { seed, batch, workers } = settings
  return createLoader(dataset.train, {
    transform: trainingTransform(settings, normalization),
    batch: Math.min(batch, dataset.train.length),
    seed,
    shuffle: true,
    dropLast: true,
    ...(workers !== undefined && { workers }),
  })
}

/** A loader over held-out images, in batches that suit inference. */
export function heldOut({ settings, normalization }: Prepared, examples: readonly Example[]): Loader {
  return createLoader(examples, {
    transform: evaluationTransform(settings, normalization),
    batch: Math.min(64, 4 * settings.microBatch),
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
