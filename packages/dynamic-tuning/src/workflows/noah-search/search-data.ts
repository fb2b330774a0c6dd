import type { Dataset } from '../../data/example.ts'
import { stratifiedSplit } from '../../data/split.ts'
import { DataError } from '../../errors.ts'
import type { FinetuneSettings } from '../finetune-settings.ts'

/**
 * The images of a search: those the super-network learns from, and those that candidates are evaluated on. Where the data's
 * validation images are its test images too, a share of the training images takes their place: a search never sees a test image.
 * @throws DataError where there are too few training images for that
 */
export function searchDataset(
  dataset: Dataset,
  { validationShare, seed }: Pick<FinetuneSettings, 'validationShare' | 'seed'>,
): Dataset {
  if (dataset.validation !== dataset.test) return dataset
  const parts = stratifiedSplit(dataset.train, validationShare, seed)
  if (parts.validation.length > 0) return { ...dataset, ...parts }
  throw new DataError(
    `noah-search: ${dataset.name} has one training image per class, and none to choose by. Give at least two.`,
  )
}
