import type { Boxes } from '../../../models/heads/detection/anchors.ts'
import { boxHeadWeights, clipBoxes, decodeBoxes } from '../../../models/heads/detection/box-codec.ts'
import { byFallingScore, suppress } from '../suppress.ts'

/** What a box head says of the proposals of one image. */
export interface RegionAnswers {
  /** [P * 4]. */
  readonly proposals: Boxes
  /** Logits of K classes and, last, of the background: [P * (K + 1)]. */
  readonly scores: Boxes
  /** [P * K * 4]. */
  readonly deltas: Boxes
}

/** Which boxes are detections. */
export interface DetectionRule {
  /** A probability above it. */
  readonly score: number
  /** Overlap above which the less likely of two boxes of a class is left out. */
  readonly overlap: number
  /** Most detections of an image. */
  readonly count: number
}

/** A detected object. */
export interface Detection {
  /** Left, top, right and bottom in pixels, [4]. */
  readonly box: Float64Array
  /** From 0. */
  readonly label: number
  /** Probability of its class. */
  readonly score: number
  /** The proposal that it came from. */
  readonly proposal: number
}

/**
 * Detections of an image, the most likely first: every class has a box of its own for every proposal, and
 * boxes are suppressed class by class.
 * @param size height and width of the image in pixels
 */
export function detectionsOf(
  { proposals, scores, deltas }: RegionAnswers,
  [height, width]: readonly [number, number],
  { score: least, overlap, count }: DetectionRule,
): Detection[] {
  const rows = proposals.length / 4
  if (rows === 0) return []
  const classes = deltas.length / proposals.length
  const boxes = clipBoxes(decodeBoxes(proposals, deltas, boxHeadWeights), height, width)
  const probabilities = softmaxRows(scores, classes + 1)
  const found = Array.from({ length: classes }, (_, label) => {
    const ofClass = Float64Array.from(
      { length: rows },
      (_row, i) => probabilities[i * (classes + 1) + label] ?? 0,
    )
    const own = Float64Array.from(
      { length: 4 * rows },
      (_side, i) => boxes[4 * ((i >> 2) * classes + label) + (i & 3)] ?? 0,
    )
    const likely = byFallingScore(ofClass).filter((i) => (ofClass[i] ?? 0) > least)
    return suppress(own, likely, overlap).map(
      (proposal): Detection => ({
        box: own.subarray(4 * proposal, 4 * proposal + 4),
        ...{ label, proposal, score: ofClass[proposal] ?? 0 },
      }),
    )
  }).flat()
  return found.sort((a, b) => b.score - a.score).slice(0, count)
}

/** Softmax of rows of this width. */
function softmaxRows(logits: Boxes, width: number): Float64Array {
  const probabilities = Float64Array.from(logits)
  for (let start = 0; start < logits.length; start += width) {
    const row = probabilities.subarray(start, start + width)
    const largest = row.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY)
    const sum = row.reduce((all, x) => all + Math.exp(x - largest), 0)
    for (const [i, x] of row.entries()) row[i] = Math.exp(x - largest) / sum
  }
  return probabilities
}
