import type { Batch } from '../data/loader/batch.ts'
import type { Sample } from '../data/samples/sample.ts'
import type { Classifier, Prediction } from './classifier.ts'
import { classifyInPieces, type PieceOptions } from './classify-in-pieces.ts'

/** Rows of a usual example: what is passed at once for one of the examples of a batch. */
export function usualRows(
  { settings }: Pick<Classifier, 'settings'>,
  sample: Pick<Sample, 'usualRows'>,
): number {
  const [height, width] = settings.network.config.imageSize
  return sample.usualRows({ width, height })
}

/** The prediction for a batch of examples, in passes of as many rows as `size` usual examples have. */
export function classifyBatch(
  classifier: Classifier,
  sample: Pick<Sample, 'usualRows'>,
  { images, rows, size }: Pick<Batch, 'images' | 'rows' | 'size'>,
  options: PieceOptions = {},
): Promise<Prediction> {
  return classifyInPieces(classifier, images, { rows, most: size * usualRows(classifier, sample) }, options)
}
