import type { Matches } from './match-image.ts'
import { sizeRanges } from './protocol.ts'

/** All detections of one class over a set of images, most certain first. */
export interface RankedDetections {
  /** Scores, in falling order. */
  readonly scores: Float64Array
  /** Place of each among the detections of its image, from 0. */
  readonly ranks: Int32Array
  /** For each range of sizes: objects to be found, and bits of the detections as in `Matches`. */
  readonly ranges: readonly Matches[]
}

/** `Matches` of all images, growing. */
interface AllMatches {
  wanted: number
  readonly found: number[]
  readonly ignored: number[]
}

const noMatches = (): AllMatches => ({ wanted: 0, found: [], ignored: [] })

/** Collects what became of the detections of one class, image by image. */
export class ClassRecord {
  private readonly scores: number[] = []
  private readonly images: number[] = []
  private readonly ranks: number[] = []
  private readonly ranges = sizeRanges.map(noMatches)

  /** Adds an image; `scores` are those of its detections, most certain first. */
  add(image: number, scores: readonly number[], matches: readonly Matches[]): void {
    for (const [rank, score] of scores.entries()) {
      this.scores.push(score)
      this.images.push(image)
      this.ranks.push(rank)
    }
    for (const [r, { wanted, found, ignored }] of matches.entries()) {
      const { [r]: range } = this.ranges
      if (range === undefined) continue
      range.wanted += wanted
      for (const bits of found) range.found.push(bits)
      for (const bits of ignored) range.ignored.push(bits)
    }
  }

  /** All detections by falling score; equal ones by number of the image, then by place in it. */
  ranked(): RankedDetections {
    const { scores, images, ranks } = this
    const at = (list: readonly number[], i: number): number => list[i] ?? 0
    const order = Uint32Array.from(scores.keys()).sort(
      (a, b) => at(scores, b) - at(scores, a) || at(images, a) - at(images, b) || at(ranks, a) - at(ranks, b),
    )
    const sorted = (list: readonly number[]): Int32Array => Int32Array.from(order, (i) => at(list, i))
    return {
      scores: Float64Array.from(order, (i) => at(scores, i)),
      ranks: sorted(ranks),
      ranges: this.ranges.map(({ wanted, found, ignored }) => ({
        wanted,
        found: sorted(found),
        ignored: sorted(ignored),
      })),
    }
  }
}
