import type { Example } from '../data/example.ts'
import type { BatchOrderSettings } from '../data/loader/batch-order.ts'
import { createLoader, type Loader, type LoaderSettings } from '../data/loader/loader.ts'
import { sampleOf } from '../data/samples/registry.ts'
import { evaluationTransform, trainingTransform } from './augmentations.ts'
import type { Prepared } from './prepare-run.ts'
import { testReading, trainingSample } from './settings/clip-settings.ts'
import type { FinetuneSettings } from './settings/finetune-settings.ts'

type OnBad = LoaderSettings['onBad']

/** A loader over the training images or clips, shuffled. */
export function trainingLoader(prepared: Prepared, onBad?: OnBad): Loader {
  const { settings, dataset, normalization } = prepared
  const { workers, skipBad } = settings
  return createLoader(dataset.train, {
    ...trainingOrder(prepared),
    transform: trainingTransform(settings, normalization),
    sample: trainingSample(settings),
    ...{ skipBad, onBad },
    ...(workers !== undefined && { workers }),
  })
}

/** Makes training batches: shuffled, the last one of an epoch as large as what is left, unless `dropLast`. */
export function trainingOrder({
  settings,
  dataset,
}: Pick<Prepared, 'settings' | 'dataset'>): BatchOrderSettings {
  const { seed, batch, dropLast } = settings
  return { batch: Math.min(batch, dataset.train.length), seed, shuffle: true, dropLast }
}

/** Number of examples in a pass at inference, whose test views or windows go through the model together. */
export function inferenceBatch(settings: FinetuneSettings): number {
  const [height, width] = settings.imageSize
  const rows = sampleOf(settings).usualRows({ width, height })
  return Math.max(1, Math.floor(passRows(settings) / rows))
}

/** Number of rows of the model's input in a pass at inference. */
export function passRows({ microBatch }: Pick<FinetuneSettings, 'microBatch'>): number {
  return Math.min(64, 4 * microBatch)
}

/**
 * A loader of validation or test images or clips, in batches for inference; `views` replaces the run's own.
 */
export function heldOut<T>(
  { settings, normalization }: Pick<Prepared, 'settings' | 'normalization'>,
  examples: readonly Example<T>[],
  { onBad, views }: { readonly onBad?: OnBad; readonly views?: FinetuneSettings['views'] } = {},
): Loader<T> {
  const transform = evaluationTransform(settings, normalization)
  return createLoader(examples, {
    ...testReading({ settings, transform }, views),
    onBad,
    batch: inferenceBatch(settings),
    seed: settings.seed,
    workers: Math.min(1, settings.workers ?? 1),
  })
}
