import { ignoredLabel, type LabelMap } from '../../data/label-map.ts'
import type { Size } from '../../data/sources/decode.ts'

/** A label map at another size: each pixel has the label in the middle of its part of the map. */
export function nearestLabels(map: LabelMap, { width, height }: Size): LabelMap {
  const data = new Uint16Array(width * height)
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * map.height) / height) * map.width
    for (let x = 0; x < width; x++)
      data[y * width + x] = map.data[row + Math.floor(((x + 0.5) * map.width) / width)] ?? ignoredLabel
  }
  return { width, height, data }
}
