import type { Boxes } from '../../../models/heads/detection/anchors.ts'
import { boxHeadWeights, clipBoxes, decodeBoxes } from '../../../models/heads/detection/box-codec.ts'
import { softmax } from '../../softmax.ts'
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
  const probabilities = Array.from({ length: rows }, (_row, i) =>
    softmax(scores.subarray(i * (classes + 1), (i + 1) * (classes + 1))),
  )
  const found = Array.from({ length: classes }, (_, label) => {
    const ofClass = Float64Array.from(probabilities, ({ [label]: probability = 0 }) => probability)
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
