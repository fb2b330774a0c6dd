import type { RankedDetections } from './class-record.ts'
import { detectionLimits, overlapThresholds, recallPoints } from './protocol.ts'

/** Precision of one class at each recall, for one range of sizes. */
export interface PrecisionCurve {
  /** Precision by threshold and recall: [10 * 101], 0 where a recall is not reached. */
  readonly precision: Float64Array
  /** Score of the detection that reaches each recall: [10 * 101], 0 where none does. */
  readonly scores: Float64Array
  /** Highest recall by threshold, with 1, 10 and 100 detections per image: [10 * 3]. */
  readonly recall: Float64Array
}

/**
 * The curve of a class for a range of sizes, interpolated as COCO does: precision is made monotone from the
 * right and read at 101 recalls. Undefined where there are no objects to be found.
 * @param range its place in `sizeRanges`
 */
export function precisionCurve(detections: RankedDetections, range: number): PrecisionCurve | undefined {
  const { [range]: matches } = detections.ranges
  if (matches === undefined || matches.wanted === 0) return undefined
  const shape = overlapThresholds.length * recallPoints.length
  const curve = {
    precision: new Float64Array(shape),
    scores: new Float64Array(shape),
    recall: new Float64Array(overlapThresholds.length * detectionLimits.length),
  }
  for (const t of overlapThresholds.keys()) {
    const hits = hitsAt(detections, matches, t)
    for (const [m, limit] of detectionLimits.entries())
      curve.recall[t * detectionLimits.length + m] =
        hits.filter(({ rank }) => rank < limit).length / matches.wanted
    const best = monotone(hits)
    let hit = 0
    for (const [point, recall] of recallPoints.entries()) {
      while (hit < hits.length && (hit + 1) / matches.wanted < recall) hit++
      if (hit === hits.length) break
      curve.precision[t * recallPoints.length + point] = best[hit] ?? 0
      curve.scores[t * recallPoints.length + point] = detections.scores[hits[hit]?.index ?? 0] ?? 0
    }
  }
  return curve
}

/** Precision at each found object, or a higher one further on. */
function monotone(hits: readonly Hit[]): Float64Array {
  const best = new Float64Array(hits.length)
  let highest = 0
  for (let n = hits.length; n > 0; n--) {
    const precision = n / (n + (hits[n - 1]?.wrong ?? 0) + Number.EPSILON)
    highest = Math.max(highest, precision)
    best[n - 1] = highest
  }
  return best
}

interface Hit {
  readonly index: number
  readonly rank: number
  /** Wrong detections that are more certain. */
  readonly wrong: number
}

/** The detections that found an object at a threshold, most certain first. */
function hitsAt(
  { ranks }: RankedDetections,
  { found, ignored }: RankedDetections['ranges'][number],
  threshold: number,
): Hit[] {
  const hits: Hit[] = []
  let wrong = 0
  for (const [index, bits] of found.entries()) {
    if (((ignored[index] ?? 0) >> threshold) & 1) continue
    if ((bits >> threshold) & 1) hits.push({ index, rank: ranks[index] ?? 0, wrong })
    else wrong++
  }
  return hits
}
