import { ignoredLabel, type LabelMap } from '../../data/label-map.ts'
import type { WindowPlace } from '../../data/samples/window/place.ts'
import type { ClassScore, Score, Tally } from '../../evaluation/tally.ts'
import type { Outputs } from '../../network/outputs.ts'
import { PixelConfusion } from './confusion.ts'
import { classFigures, type PixelFigures, pixelFigures } from './figures.ts'
import { nearestLabels } from './nearest-labels.ts'
import { bestClasses, judgePixels } from './pixels.ts'
import { scoresOf } from './scores.ts'

/** What a tally of labelled pixels counts beside the scores. */
export interface SegmentationScore extends Score {
  readonly measures: PixelFigures
  /** Pixels of each true class (rows) by predicted class (columns). */
  readonly confusion: readonly (readonly number[])[]
}

/** Sums the areas of classes and the cross-entropy over pictures; keeps no labels. */
export class SegmentationTally implements Tally<LabelMap> {
  private images = 0
  private loss = 0
  private readonly confusion: PixelConfusion
  /** Pictures that have pixels of each class. */
  private readonly imagesOf: number[]

  constructor(private readonly classes: readonly string[]) {
    this.confusion = new PixelConfusion(classes.length)
    this.imagesOf = classes.map(() => 0)
  }

  add(outputs: Outputs, truths: readonly LabelMap[], places?: readonly WindowPlace[]): void {
    const all = scoresOf(outputs, truths, places)
    for (const [i, truth] of truths.entries()) {
      const { [i]: scores } = all
      if (scores === undefined) continue
      const { best, crossEntropy } = judgePixels(scores, truth)
      this.confusion.add(best, truth)
      this.loss += crossEntropy
      this.images++
      for (const label of new Set(truth.data))
        if (label !== ignoredLabel) this.imagesOf[label] = (this.imagesOf[label] ?? 0) + 1
    }
  }

  /** Every class has a line, with NaN for figures that cannot be said: see `classFigures`. */
  result(): SegmentationScore {
    const areas = this.confusion.areas()
    const perClass = this.classes.flatMap((name, k): ClassScore[] => {
      const { [k]: own } = areas
      return own ? [{ class: name, images: this.imagesOf[k] ?? 0, measures: classFigures(own) }] : []
    })
    return {
      measures: pixelFigures(areas),
      loss: this.loss / this.images,
      perClass,
      confusion: this.confusion.rows(),
    }
  }
}

/**
 * The mIoU inside one batch, as a rough figure for every training step: at the places of the logits, each
 * compared with the label of the pixel in its middle. 0 where every label is ignored.
 */
export function batchIou({ logits }: Outputs, truths: readonly LabelMap[]): { readonly meanIou: number } {
  const [, classes = 0, rows = 0, columns = 0] = logits?.shape ?? []
  const confusion = new PixelConfusion(classes)
  const pixels = rows * columns
  for (const [i, truth] of truths.entries()) {
    const own = logits?.data.subarray(i * classes * pixels, (i + 1) * classes * pixels) ?? new Float32Array()
    const of = (k: number): Float32Array => own.subarray(k * pixels, (k + 1) * pixels)
    const size = { width: columns, height: rows }
    confusion.add(bestClasses({ ...size, classes, of }), nearestLabels(truth, size))
  }
  const { meanIou } = pixelFigures(confusion.areas())
  return { meanIou: Number.isNaN(meanIou) ? 0 : meanIou }
}
