import { ignoredLabel, type LabelMap } from '../../data/label-map.ts'
import type { PixelScores } from '../../data/samples/window/pixel-scores.ts'

/** The class with the largest score at each pixel, the first of equal ones, row by row. */
export function bestClasses(scores: PixelScores): Uint16Array<ArrayBuffer> {
  const best = new Uint16Array(scores.width * scores.height)
  const largest = Float32Array.from(scores.of(0))
  for (let k = 1; k < scores.classes; k++) {
    const own = scores.of(k)
    for (let pixel = 0; pixel < best.length; pixel++) {
      const score = own[pixel] ?? Number.NaN
      if (!(score > (largest[pixel] ?? Number.NaN))) continue
      largest[pixel] = score
      best[pixel] = k
    }
  }
  return best
}

/** What the scores of a picture say, beside its labels. */
export interface JudgedPixels {
  /** The class with the largest score at each pixel, the first of equal ones, row by row. */
  readonly best: Uint16Array<ArrayBuffer>
  /** Mean over all pixels of -ln softmax(scores)[label]; ignored pixels add 0 but count, as in the loss. */
  readonly crossEntropy: number
}

/** Finds best classes and cross-entropy together, class by class. */
export function judgePixels(scores: PixelScores, { data }: Pick<LabelMap, 'data'>): JudgedPixels {
  const best = new Uint16Array(data.length)
  const largest = new Float64Array(data.length).fill(Number.NEGATIVE_INFINITY)
  const sums = new Float64Array(data.length)
  let ofLabels = 0
  for (let k = 0; k < scores.classes; k++) {
    const own = scores.of(k)
    for (let pixel = 0; pixel < data.length; pixel++) {
      const [score, most] = [own[pixel] ?? Number.NaN, largest[pixel] ?? 0]
      if (data[pixel] === k) ofLabels += score
      if (score > most) {
        sums[pixel] = (sums[pixel] ?? 0) * Math.exp(most - score) + 1
        largest[pixel] = score
        best[pixel] = k
      } else sums[pixel] = (sums[pixel] ?? 0) + Math.exp(score - most)
    }
  }
  let logSums = 0
  for (let pixel = 0; pixel < data.length; pixel++)
    if (data[pixel] !== ignoredLabel) logSums += Math.log(sums[pixel] ?? 0) + (largest[pixel] ?? 0)
  return { best, crossEntropy: (logSums - ofLabels) / data.length }
}
