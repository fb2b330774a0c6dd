import { DataError } from '../../errors.ts'
import type { Dataset } from '../example.ts'
import type { MaskSource } from '../masks/mask-source.ts'
import { type Truth, truthWords } from '../truth.ts'
import { shareAside } from './stratify.ts'

/** A class for every pixel: the examples of a dataset say where their masks are. */
export const mapTruth: Truth<MaskSource> = {
  name: 'map',
  of(dataset) {
    if (hasMaps(dataset)) return dataset
    throw new DataError(
      `dataset: ${dataset.name} has ${truthWords[dataset.truth ?? 'class']} for its images, expected a mask for every image. Put the masks into a folder masks/ beside images/.`,
    )
  },
  // Masks have no order: examples are sorted by the names of their images.
  compare: () => 0,
  aside: ({ length }, settings) => shareAside(length, settings),
}

/** True if every example has a mask. */
export function hasMaps(dataset: Dataset): dataset is Dataset<MaskSource> {
  return dataset.truth === 'map'
}
