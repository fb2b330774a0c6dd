import { DataError } from '../../errors.ts'
import type { Dataset, Example } from '../example.ts'
import type { OpenOptions } from '../options.ts'
import type { Truth } from '../truth.ts'
import { truths } from '../truths/registry.ts'
import type { AsideSettings } from '../truths/stratify.ts'

/** Training examples, and those put aside for validation. */
export interface Split<T> {
  readonly train: readonly Example<T>[]
  readonly validation: readonly Example<T>[]
}

/**
 * Puts a seeded share of every class or label aside: at least one of two or more examples, never all of
 * them. Both parts are sorted by truth.
 */
export function stratifiedSplit<T>(
  examples: readonly Example<T>[],
  truth: Truth<T>,
  settings: AsideSettings,
): Split<T> {
  const aside = truth.aside(
    examples.map((example) => example.truth),
    settings,
  )
  const part = (put: boolean): readonly Example<T>[] =>
    examples.filter((_, place) => aside.has(place) === put).sort((a, b) => truth.compare(a.truth, b.truth))
  return { train: part(false), validation: part(true) }
}

/**
 * A dataset for choosing settings without any test image: if validation is test, it is replaced by a
 * share of every training class.
 * @throws DataError if no class has two training images
 */
export function forSearch(dataset: Dataset, options: Pick<OpenOptions, 'validationShare' | 'seed'>): Dataset {
  if (dataset.validation !== dataset.test) return dataset
  const parts = stratifiedSplit(dataset.train, truths[dataset.truth ?? 'class'], options)
  if (parts.validation.length > 0) return { ...dataset, ...parts }
  throw new DataError(
    `dataset: ${dataset.name} has one training image per class, and none to choose settings by. Give at least two, or split: final.`,
  )
}
