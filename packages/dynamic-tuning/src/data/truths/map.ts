import { DataError } from '../../errors.ts'
import { type Dataset, type Example, sourceName } from '../example.ts'
import { ignoredLabel } from '../label-map.ts'
import { checkMaskFits } from '../masks/mask-fits.ts'
import { type MaskSource, maskName } from '../masks/mask-source.ts'
import { readMask } from '../masks/read-mask.ts'
import { imageSize } from '../sources/image-size.ts'
import { type Seen, type Truth, truthWords } from '../truth.ts'
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
  stored: true,
  look: lookAtMask,
  aside: ({ length }, settings) => shareAside(length, settings),
}

async function lookAtMask({ source, truth }: Example<MaskSource>): Promise<Seen> {
  const map = await readMask(truth)
  const size = await imageSize(source)
  if (size) checkMaskFits(size, map, sourceName(source), maskName(truth))
  const labels = new Set(map.data)
  labels.delete(ignoredLabel)
  return { labels: [...labels].sort((a, b) => a - b), map }
}

/** True if every example has a mask. */
export function hasMaps(dataset: Dataset): dataset is Dataset<MaskSource> {
  return dataset.truth === 'map'
}
