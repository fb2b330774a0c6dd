import { random } from '@dynamic-tuning/engine'
import { DataError } from '../../errors.ts'
import type { Dataset, Example } from '../example.ts'
import type { OpenOptions } from '../options.ts'

/**
 * Puts a share of every class aside, drawn from `random(seed, 'split', label)`: at least one image of a class that has
 * two or more, never all of them.
 */
export function stratifiedSplit(examples: readonly Example[], share: number, seed: number) {
  const byLabel = new Map<number, Example[]>()
  for (const example of examples) {
    const group = byLabel.get(example.label)
    if (group) group.push(example)
    else byLabel.set(example.label, [example])
  }
  const train: Example[] = []
  const validation: Example[] = []
  for (const [label, group] of byLabel) {
    const aside = Math.min(group.length - 1, Math.max(1, Math.round(group.length * share)))
    const chosen = new Set(random(seed, 'split', label).shuffle(Array.from(group.keys())).slice(0, aside))
    group.forEach((example, i) => {
      if (chosen.has(i)) validation.push(example)
      else train.push(example)
    })
  }
  return { train, validation }
}

/**
 * A dataset to choose settings on, of which no test image is seen: where validation is test, a share of every training class takes its place.
 * @throws DataError where no class has two training images
 */
export function forSearch(
  dataset: Dataset,
  { validationShare, seed }: Pick<OpenOptions, 'validationShare' | 'seed'>,
): Dataset {
  if (dataset.validation !== dataset.test) return dataset
  const parts = stratifiedSplit(dataset.train, validationShare, seed)
  if (parts.validation.length > 0) return { ...dataset, ...parts }
  throw new DataError(
    `dataset: ${dataset.name} has one training image per class, and none to choose settings by. Give at least two, or split: final.`,
  )
}
