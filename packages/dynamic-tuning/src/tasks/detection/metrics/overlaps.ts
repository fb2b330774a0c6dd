import { maskOverlap } from '../../../data/boxes/combine-runs.ts'
import { areaOfRuns, type CornerBox, type RunLengths } from '../../../data/boxes/run-lengths.ts'

/** How far two shapes agree, and how large one is: boxes or masks. */
export interface Overlaps<S> {
  /** Intersection over union; with a crowd as truth, intersection over the area of the detection. */
  overlap(detected: S, truth: S, crowd: boolean): number
  /** Area of a detection in pixels. */
  area(detected: S): number
}

/** Intersection over union of boxes that include their borders' fractions: a width of w covers w pixels. */
export const boxOverlaps: Overlaps<CornerBox> = {
  overlap([x, y, width, height], [left, top, across, down], crowd) {
    const shared =
      Math.max(0, Math.min(x + width, left + across) - Math.max(x, left)) *
      Math.max(0, Math.min(y + height, top + down) - Math.max(y, top))
    if (shared === 0) return 0
    return shared / (crowd ? width * height : width * height + across * down - shared)
  },
  area: ([, , width, height]) => width * height,
}

/** Intersection over union of masks. */
export const maskOverlaps: Overlaps<RunLengths> = { overlap: maskOverlap, area: areaOfRuns }
