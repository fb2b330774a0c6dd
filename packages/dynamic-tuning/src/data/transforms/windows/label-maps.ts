import { ignoredLabel, type LabelMap } from '../../label-map.ts'
import type { Size } from '../../sources/decode.ts'
import type { Box } from '../resize.ts'

/**
 * Source of each of `to` outputs from `from` labels: floor(i (1 / (to / from))) in double precision, as
 * OpenCV's `INTER_NEAREST`; floor(i from / to) differs for some sizes.
 */
function nearest(from: number, to: number): Int32Array {
  const step = 1 / (to / from)
  return Int32Array.from({ length: to }, (_, i) => Math.min(Math.floor(i * step), from - 1))
}

/** Resizes labels to the size of a picture that is resized with `resizeBilinear`: the nearest one. */
export function resizeLabels(labels: LabelMap, { width, height }: Size): LabelMap {
  if (labels.width === width && labels.height === height) return labels
  const [across, down] = [nearest(labels.width, width), nearest(labels.height, height)]
  const data = new Uint16Array(width * height)
  let at = 0
  for (const row of down) {
    const start = row * labels.width
    for (const column of across) data[at++] = labels.data[start + column] ?? ignoredLabel
  }
  return { width, height, data }
}

/** Labels of a part. */
export function cutLabels(labels: LabelMap, { left, top, width, height }: Box): LabelMap {
  const data = new Uint16Array(width * height)
  for (let y = 0; y < height; y++) {
    const start = (top + y) * labels.width + left
    data.set(labels.data.subarray(start, start + width), y * width)
  }
  return { width, height, data }
}

/** Mirrors labels left to right. */
export function mirrorLabels({ width, height, data }: LabelMap): LabelMap {
  const mirrored = new Uint16Array(data)
  for (let y = 0; y < height; y++) mirrored.subarray(y * width, (y + 1) * width).reverse()
  return { width, height, data: mirrored }
}

/** Labels with ignored ones added at the right and at the bottom, up to `size`. */
export function padLabels(labels: LabelMap, { width, height }: Size): LabelMap {
  if (labels.width === width && labels.height === height) return labels
  const data = new Uint16Array(width * height).fill(ignoredLabel)
  for (let y = 0; y < labels.height; y++)
    data.set(labels.data.subarray(y * labels.width, (y + 1) * labels.width), y * width)
  return { width, height, data }
}
