import { ignoredLabel, type LabelMap } from '../../label-map.ts'
import type { Size } from '../../sources/decode.ts'
import type { Box } from '../resize.ts'

/** Left upper corner of a box. */
export type Corner = Pick<Box, 'left' | 'top'>

/** Boxes that may be refused before the next one is taken as it is. */
const refusals = 10

/**
 * Chooses the part of a picture to train on, as mmsegmentation's RandomCrop with `cat_max_ratio`: the first
 * box with at least two classes, the most frequent one on less than `share` of its labelled pixels; after
 * ten others the eleventh. A side of the picture shorter than that of `size` is kept whole.
 * @param corner draws the left upper corner of a box
 * @param share 1 takes the first box
 */
export function chooseCrop(labels: LabelMap, size: Size, share: number, corner: () => Corner): Box {
  const width = Math.min(size.width, labels.width)
  const height = Math.min(size.height, labels.height)
  for (let refused = 0; refused < refusals && share < 1; refused++) {
    const box = { ...corner(), width, height }
    if (isVaried(labels, box, share)) return box
  }
  return { ...corner(), width, height }
}

/** True if at least two classes occur and none has `share` of the labelled pixels or more. */
function isVaried(labels: LabelMap, { left, top, width, height }: Box, share: number): boolean {
  const counts = new Uint32Array(ignoredLabel + 1)
  for (let y = top; y < top + height; y++) {
    const start = y * labels.width
    for (let x = left; x < left + width; x++) {
      const label = labels.data[start + x] ?? ignoredLabel
      counts[label] = (counts[label] ?? 0) + 1
    }
  }
  const found = counts.subarray(0, ignoredLabel).filter((count) => count > 0)
  const labelled = found.reduce((sum, count) => sum + count, 0)
  return found.length > 1 && found.every((count) => count / labelled < share)
}
