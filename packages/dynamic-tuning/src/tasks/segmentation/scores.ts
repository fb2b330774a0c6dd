import { GraphError } from '@dynamic-tuning/engine'
import type { LabelMap } from '../../data/label-map.ts'
import { firstRows } from '../../data/samples/first-rows.ts'
import { type PixelScores, pixelScores } from '../../data/samples/window/pixel-scores.ts'
import type { WindowPlace } from '../../data/samples/window/place.ts'
import type { WindowLogits } from '../../data/samples/window/stitch.ts'
import type { Size } from '../../data/sources/decode.ts'
import type { Outputs } from '../../network/outputs.ts'

/** The place of a picture that is one window, as crops in training are. */
export function wholePlace({ width, height }: Size): WindowPlace {
  const size = { width, height }
  const part = { resized: size, mirrored: false, windows: [{ left: 0, top: 0 }] }
  return { original: size, window: size, parts: [part] }
}

/**
 * Scores of the pixels of each picture from the outputs for the windows of all, picture after picture.
 * Without places every picture is one window. @throws GraphError as `pixelLogits`
 */
export function scoresOf(
  outputs: Outputs,
  truths: readonly LabelMap[],
  places: readonly WindowPlace[] = truths.map(wholePlace),
): PixelScores[] {
  const logits = pixelLogits(outputs)
  return firstRows(places).map(({ row, place }) => pixelScores(logits, row, place))
}

/** Logits [R, K, h, w] of R windows. @throws GraphError if there are none, a mistake of the caller */
export function pixelLogits({ logits }: Outputs): WindowLogits {
  if (logits?.shape.length === 4) return logits
  throw new GraphError(
    'segmentation: the outputs have no logits [R, K, h, w]. Use a head that labels pixels.',
  )
}
