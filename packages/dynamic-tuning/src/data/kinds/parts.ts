import type { Dataset, Example } from '../example.ts'
import type { OpenOptions } from '../options.ts'
import { inOrder } from './order.ts'

/** The published parts of a dataset; some have no `validation`. */
export interface PublishedParts {
  readonly train: readonly Example<number>[]
  readonly validation?: readonly Example<number>[]
  readonly test: readonly Example<number>[]
}

/**
 * Chooses the parts for a run. `split: 'final'` trains on everything but the test images and
 * reports those; `'search'` keeps published validation images apart. If there are none,
 * `openDataset` puts some training images aside.
 */
export function usedParts(
  { train, validation = [], test }: PublishedParts,
  { split }: Pick<OpenOptions, 'split'>,
): Pick<Dataset, 'train' | 'validation' | 'test'> {
  const tested = inOrder(test)
  if (split === 'search' && validation.length > 0)
    return { train: inOrder(train), validation: inOrder(validation), test: tested }
  return { train: inOrder([...train, ...validation]), validation: tested, test: tested }
}
