import type { LabelMap } from '../../data/label-map.ts'
import { nearestLabels } from './nearest-labels.ts'

/** Longest side of label maps that are kept for pictures. */
const mostPixels = 416

/** A label map of at most 416 pixels a side, the nearest label at each; many may then be held at once. */
export function smallerMap(map: LabelMap, most = mostPixels): LabelMap {
  const factor = most / Math.max(map.width, map.height)
  if (factor >= 1) return map
  const side = (size: number): number => Math.max(1, Math.round(size * factor))
  return nearestLabels(map, { width: side(map.width), height: side(map.height) })
}
