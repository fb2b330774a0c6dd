import type { Dataset, Example } from './example.ts'
import type { OpenOptions } from './options.ts'
import { inOrder } from './order.ts'
import { stratifiedSplit } from './split.ts'

/** What the authors of a dataset published; `validation` only where they did. */
export interface PublishedParts {
  readonly train: readonly Example[]
  readonly validation?: readonly Example[]
  readonly test: readonly Example[]
}

/**
 * The parts a run uses of published ones. `split: 'final'` trains on everything but the test images and reports those;
 * `'search'` never looks at them: it reports the published validation images, or a seeded share of every training class.
 */
export function usedParts(
  { train, validation = [], test }: PublishedParts,
  { split, validationShare, seed }: Pick<OpenOptions, 'split' | 'validationShare' | 'seed'>,
): Pick<Dataset, 'train' | 'validation' | 'test'> {
  const tested = inOrder(test)
  if (split === 'final')
    return { train: inOrder([...train, ...validation]), validation: tested, test: tested }
  if (validation.length > 0) return { train: inOrder(train), validation: inOrder(validation), test: tested }
  return { ...stratifiedSplit(inOrder(train), validationShare, seed), test: tested }
}
