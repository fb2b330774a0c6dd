import { ignoredLabel, type LabelMap } from '../../data/label-map.ts'

/** Pixels of each class in a label map, [classes]; ignored ones count nowhere. */
export function labelCounts({ data }: Pick<LabelMap, 'data'>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0)
  for (const label of data) if (label !== ignoredLabel) counts[label] = (counts[label] ?? 0) + 1
  return counts
}
