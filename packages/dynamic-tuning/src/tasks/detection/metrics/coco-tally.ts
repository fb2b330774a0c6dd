import { DataError } from '../../../errors.ts'
import { ClassRecord } from './class-record.ts'
import { precisionCurve } from './curve.ts'
import { type ClassCurves, twelveFigures } from './figures.ts'
import { matchImage, mostCertain } from './match-image.ts'
import type { Overlaps } from './overlaps.ts'
import { sizeRanges } from './protocol.ts'

/** An object in an image, with its shape: a box or a mask. */
export interface TrueObject<S> {
  /** Class, from 0. */
  readonly label: number
  readonly shape: S
  /** Area in pixels by which its size is told; in COCO's files that of its mask. */
  readonly area: number
  /** True for a group that is marked as one: it is nothing to be found, and nothing in it is wrong. */
  readonly crowd: boolean
}

/** A detection in an image. */
export interface DetectedObject<S> {
  readonly label: number
  readonly shape: S
  /** How certain it is; detections are ranked by it over all images. */
  readonly score: number
}

/** An image with its objects and detections. */
export interface DetectionImage<S> {
  /** Number of the image; equal scores are ranked by it. */
  readonly id: number
  readonly truths: readonly TrueObject<S>[]
  readonly detections: readonly DetectedObject<S>[]
}

/** COCO's figures of a set of images. */
export interface CocoScore {
  /** The twelve figures, in the order of `cocoFigures`. */
  readonly figures: readonly number[]
  /** Precision over recall for each class, and each range of sizes. */
  readonly classes: readonly ClassCurves[]
}

/**
 * Average precision and recall as COCO defines them (pycocotools 2.0.11), image by image: what is kept of a
 * detection is its score and, for each range of sizes, whether it is right at each threshold.
 */
export class CocoTally<S> {
  private readonly records: readonly ClassRecord[]

  constructor(
    classes: number,
    private readonly overlaps: Overlaps<S>,
  ) {
    this.records = Array.from({ length: classes }, () => new ClassRecord())
  }

  /** Adds an image. @throws DataError for a class that does not exist, or a score that is no number */
  add({ id, truths, detections }: DetectionImage<S>): void {
    const parts = new Map<number, { truths: TrueObject<S>[]; detections: DetectedObject<S>[] }>()
    const partOf = (label: number) => {
      const known = parts.get(label)
      if (known) return known
      const part = { truths: [], detections: [] }
      parts.set(label, part)
      return part
    }
    for (const truth of truths) partOf(truth.label).truths.push(truth)
    for (const detection of detections) {
      if (!Number.isFinite(detection.score))
        throw new DataError(
          `detection metrics: a detection in image ${id} has the score ${detection.score}. Give a number.`,
        )
      partOf(detection.label).detections.push(detection)
    }
    for (const [label, part] of parts) this.recordOf(label, id).add(id, ...this.match(part))
  }

  /** The figures of all images so far. */
  result(): CocoScore {
    const classes = this.records.map((record) => {
      const ranked = record.ranked()
      return Array.from(sizeRanges, (_, range) => precisionCurve(ranked, range))
    })
    return { figures: twelveFigures(classes), classes }
  }

  private recordOf(label: number, id: number): ClassRecord {
    const { [label]: record } = this.records
    if (record) return record
    throw new DataError(
      `detection metrics: image ${id} has the class ${label}, of ${this.records.length} classes. Number classes from 0.`,
    )
  }

  private match({
    truths,
    detections,
  }: Omit<DetectionImage<S>, 'id'>): [number[], ReturnType<typeof matchImage>] {
    const best = mostCertain(detections.map(({ score }) => score)).flatMap((i) => detections.slice(i, i + 1))
    const overlaps = new Float64Array(best.length * truths.length)
    for (const [d, { shape }] of best.entries())
      for (const [t, truth] of truths.entries())
        overlaps[d * truths.length + t] = this.overlaps.overlap(shape, truth.shape, truth.crowd)
    const areas = best.map(({ shape }) => this.overlaps.area(shape))
    return [best.map(({ score }) => score), matchImage({ truths, areas, overlaps })]
  }
}
