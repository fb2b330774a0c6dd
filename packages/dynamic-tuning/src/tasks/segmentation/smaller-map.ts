import type { LabelMap } from '../../data/label-map.ts'

/** Longest side of label maps that are kept for pictures. */
const mostPixels = 416

/** A label map of at most 416 pixels a side, the nearest label at each; many may then be held at once. */
export function smallerMap(map: LabelMap, most = mostPixels): LabelMap {
  const factor = most / Math.max(map.width, map.height)
  if (factor >= 1) return map
  const side = (size: number): number => Math.max(1, Math.round(size * factor))
  const [width, height] = [side(map.width), side(map.height)]
  const data = new Uint16Array(width * height)
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * map.height) / height) * map.width
    for (let x = 0; x < width; x++)
      data[y * width + x] = map.data[row + Math.floor(((x + 0.5) * map.width) / width)] ?? 0
  }
  return { width, height, data }
}
