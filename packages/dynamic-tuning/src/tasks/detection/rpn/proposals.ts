import { clipBoxes, decodeBoxes, proposalWeights } from '../../../models/heads/detection/box-codec.ts'
import { byFallingScore, suppress } from '../suppress.ts'

/** What a proposal network says of the anchors of one image at one level. */
export interface LevelAnswers {
  /** [anchors * 4]. */
  readonly anchors: Float32Array
  /** How likely each anchor shows an object: [anchors]. */
  readonly logits: Float32Array
  /** How to move each anchor: [anchors * 4]. */
  readonly deltas: Float32Array
}

/** How proposals are chosen. */
export interface ProposalRule {
  /** Most anchors of a level before suppression. */
  readonly perLevel: number
  /** Most proposals of an image. */
  readonly count: number
  /** Overlap above which the less likely of two boxes of a level is left out. */
  readonly overlap: number
}

/** Where an image's objects may be, the most likely first. */
export interface Proposals {
  /** [P * 4] as left, top, right, bottom, inside of the image. */
  readonly boxes: Float64Array
  readonly logits: Float64Array
  /** The anchor of each, counted through all levels. */
  readonly anchors: readonly number[]
}

interface Proposal {
  readonly box: Float64Array
  readonly logit: number
  readonly anchor: number
}

/**
 * Proposals of an image: of every level the most likely anchors, moved, cut off at the image's own size
 * (without padding), empty ones left out, and suppressed among themselves; then the best of all levels.
 * @param size height and width of the image in pixels
 */
export function proposalsOf(
  levels: readonly LevelAnswers[],
  [height, width]: readonly [number, number],
  { perLevel, count, overlap }: ProposalRule,
): Proposals {
  const all: Proposal[] = []
  let first = 0
  for (const { anchors, logits, deltas } of levels) {
    const best = byFallingScore(logits).slice(0, perLevel)
    const rows = (values: Float32Array): Float32Array =>
      Float32Array.from({ length: 4 * best.length }, (_, i) => values[4 * (best[i >> 2] ?? 0) + (i & 3)] ?? 0)
    const moved = clipBoxes(decodeBoxes(rows(anchors), rows(deltas), proposalWeights), height, width)
    const filled = [...best.keys()].filter((i) => !isEmpty(moved.subarray(4 * i, 4 * i + 4)))
    for (const i of suppress(moved, filled, overlap)) {
      const own = best[i] ?? 0
      const box = moved.subarray(4 * i, 4 * i + 4)
      all.push({ box, logit: logits[own] ?? 0, anchor: first + own })
    }
    first += logits.length
  }
  const chosen = byFallingScore(all.map(({ logit }) => logit))
    .slice(0, count)
    .flatMap((i) => all.slice(i, i + 1))
  return {
    boxes: Float64Array.from(chosen.flatMap(({ box }) => [...box])),
    logits: Float64Array.from(chosen, ({ logit }) => logit),
    anchors: chosen.map(({ anchor }) => anchor),
  }
}

/** True for boxes without an area, and for those that are not made of numbers. */
function isEmpty([left = 0, top = 0, right = 0, bottom = 0]: Float64Array): boolean {
  return !(right > left && bottom > top)
}
