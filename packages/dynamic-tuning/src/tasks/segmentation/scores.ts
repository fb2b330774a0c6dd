import { GraphError } from '@dynamic-tuning/engine'
import type { LabelMap } from '../../data/label-map.ts'
import { type PixelScores, pixelScores } from '../../data/samples/window/pixel-scores.ts'
import { rowsOf, type WindowPlace } from '../../data/samples/window/place.ts'
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
 * Without places every picture is one window. @throws GraphError if there are no logits [R, K, h, w]
 */
export function scoresOf(
  { logits }: Outputs,
  truths: readonly LabelMap[],
  places: readonly WindowPlace[] = truths.map(wholePlace),
): PixelScores[] {
  if (logits?.shape.length !== 4)
    throw new GraphError(
      'segmentation: the outputs have no logits [R, K, h, w]. Use a head that labels pixels.',
    )
  return places.map((place, i) =>
    pixelScores(
      logits,
      places.slice(0, i).reduce((rows, each) => rows + rowsOf(each), 0),
      place,
    ),
  )
}
