import { mostDetections, overlapThresholds, type SizeRange, sizeRanges } from './protocol.ts'

/** An object of one class in an image. */
export interface MatchedTruth {
  /** Area by which its size is told, in pixels: that of its mask, in COCO's files. */
  readonly area: number
  readonly crowd: boolean
}

/** All detections of one class in an image, and its objects. */
export interface MatchedImage {
  readonly truths: readonly MatchedTruth[]
  /** Areas of the detections, the most certain first, at most 100. */
  readonly areas: readonly number[]
  /** Overlap of every detection (rows) with every truth: [detections * truths]. */
  readonly overlaps: Float64Array
}

/** What became of the detections of an image within a range of sizes. */
export interface Matches {
  /** Objects that are to be found: neither crowds nor outside of the range. */
  readonly wanted: number
  /** For each detection one bit per threshold: 1 where it found an object. */
  readonly found: Int32Array
  /** The same: 1 where it counts neither as right nor as wrong. */
  readonly ignored: Int32Array
}

/** Indices of the most certain detections, at most 100; equal ones stay in order. */
export function mostCertain(scores: readonly number[]): number[] {
  const order = scores.map((_, i) => i).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0))
  return order.slice(0, mostDetections)
}

/** Matches detections and objects for each range of sizes. */
export function matchImage(image: MatchedImage): readonly Matches[] {
  return sizeRanges.map((range) => matchRange(image, range))
}

const isOutside = (area: number, { from, to }: SizeRange): boolean => area < from || area > to

/** As COCO matches: the most certain detection first, each takes the best object that is left. */
function matchRange(image: MatchedImage, range: SizeRange): Matches {
  const { truths, areas } = image
  const leftOut = truths.map(({ area, crowd }) => crowd || isOutside(area, range))
  const all = truths.map((_, truth) => truth)
  const order = [...all.filter((truth) => !leftOut[truth]), ...all.filter((truth) => leftOut[truth])]
  const found = new Int32Array(areas.length)
  const ignored = new Int32Array(areas.length)
  for (const [t, threshold] of overlapThresholds.entries()) {
    const taken = new Uint8Array(truths.length)
    for (const [detection, area] of areas.entries()) {
      const best = bestTruth(image, detection, { order, leftOut, taken, threshold })
      if (best !== undefined) {
        taken[best] = 1
        found[detection] = (found[detection] ?? 0) | (1 << t)
      }
      const isIgnored = best === undefined ? isOutside(area, range) : leftOut[best]
      if (isIgnored) ignored[detection] = (ignored[detection] ?? 0) | (1 << t)
    }
  }
  return { wanted: leftOut.filter((out) => !out).length, found, ignored }
}

interface Left {
  /** Truths, those that are not left out first. */
  readonly order: readonly number[]
  readonly leftOut: readonly boolean[]
  readonly taken: Uint8Array
  readonly threshold: number
}

/**
 * The free truth that overlaps a detection most, from the threshold on; of equal ones the later one, and one
 * that is left out only if no other fits. A crowd is always free.
 */
function bestTruth(
  { truths, overlaps }: MatchedImage,
  detection: number,
  { order, leftOut, taken, threshold }: Left,
): number | undefined {
  let best: number | undefined
  let least = Math.min(threshold, 1 - 1e-10)
  for (const truth of order) {
    if (taken[truth] && !truths[truth]?.crowd) continue
    if (best !== undefined && !leftOut[best] && leftOut[truth]) break
    const overlap = overlaps[detection * truths.length + truth] ?? 0
    if (overlap < least) continue
    least = overlap
    best = truth
  }
  return best
}
