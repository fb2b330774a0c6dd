import { random } from '@dynamic-tuning/engine'
import { DataError } from '../../errors.ts'
import type { Dataset, Example } from '../example.ts'
import type { OpenOptions } from '../options.ts'
import type { Truth } from '../truth.ts'
import { truths } from '../truths/registry.ts'

/** Examples to train on, and those put aside. */
export interface Split<T> {
  readonly train: readonly Example<T>[]
  readonly validation: readonly Example<T>[]
}

/**
 * Puts a share of every group of `truth` (class, or rarest label) aside, drawn from `random(seed, 'split', group)`: at least one
 * example of a group that has two or more, never all of them.
 */
export function stratifiedSplit<T>(
  examples: readonly Example<T>[],
  truth: Truth<T>,
  { validationShare, seed }: Pick<OpenOptions, 'validationShare' | 'seed'>,
): Split<T> {
  const train: Example<T>[] = []
  const validation: Example<T>[] = []
  for (const [name, group] of grouped(examples, truth)) {
    const aside = Math.min(group.length - 1, Math.max(1, Math.round(group.length * validationShare)))
    const chosen = new Set(random(seed, 'split', name).shuffle(Array.from(group.keys())).slice(0, aside))
    group.forEach((example, i) => {
      if (chosen.has(i)) validation.push(example)
      else train.push(example)
    })
  }
  return { train, validation }
}

function grouped<T>(examples: readonly Example<T>[], truth: Truth<T>): ReadonlyMap<number, Example<T>[]> {
  const names = truth.groups(examples.map((example) => example.truth))
  const groups = new Map<number, Example<T>[]>()
  examples.forEach((example, i) => {
    const name = names[i] ?? 0
    const group = groups.get(name)
    if (group) group.push(example)
    else groups.set(name, [example])
  })
  return groups
}

/**
 * A dataset to choose settings on, of which no test image is seen: where validation is test, a share of every training class takes
 * its place.
 * @throws DataError where no class has two training images
 */
export function forSearch(dataset: Dataset, options: Pick<OpenOptions, 'validationShare' | 'seed'>): Dataset {
  if (dataset.validation !== dataset.test) return dataset
  const parts = stratifiedSplit(dataset.train, truths[dataset.truth ?? 'class'], options)
  if (parts.validation.length > 0) return { ...dataset, ...parts }
  throw new DataError(
    `dataset: ${dataset.name} has one training image per class, and none to choose settings by. Give at least two, or split: final.`,
  )
}
