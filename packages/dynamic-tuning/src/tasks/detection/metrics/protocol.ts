/** `count` numbers from `first` to `last` in equal steps, with the rounding of NumPy's `linspace`. */
function evenly(first: number, last: number, count: number): readonly number[] {
  const step = (last - first) / (count - 1)
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? last : i * step + first))
}

/** Overlaps from which a detection counts as right: 0.5, 0.55, ..., 0.95. */
export const overlapThresholds = evenly(0.5, 0.95, 10)

/** Recalls at which precision is read: 0, 0.01, ..., 1. */
export const recallPoints = evenly(0, 1, 101)

/** Numbers of detections per image and class that recall is measured at; the last holds for precision. */
export const detectionLimits = [1, 10, 100] as const

/** Most detections of a class in an image. */
export const mostDetections = detectionLimits[2]

/** Areas of objects in pixels; both ends belong to a range, so 1024 is small and medium. */
export const sizeRanges = [
  { name: 'all', from: 0, to: 1e10 },
  { name: 'small', from: 0, to: 32 ** 2 },
  { name: 'medium', from: 32 ** 2, to: 96 ** 2 },
  { name: 'large', from: 96 ** 2, to: 1e10 },
] as const

/** A range of areas. */
export type SizeRange = (typeof sizeRanges)[number]
