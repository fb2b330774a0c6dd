import { runLengthString } from '../../data/boxes/run-length-string.ts'
import { encodeMask } from '../../data/boxes/run-lengths.ts'
import type { Boxes } from '../../models/heads/detection/anchors.ts'
import type { Detection } from './roi/detect.ts'
import { maskOfPasted, pasteMask } from './roi/paste-mask.ts'

/** An entry of a COCO result file. */
export interface CocoResult {
  readonly image_id: number
  readonly category_id: number
  /** Left, top, width and height in pixels. */
  readonly bbox: readonly [number, number, number, number]
  readonly score: number
  readonly segmentation?: { readonly size: readonly [number, number]; readonly counts: string }
}

/** A detection in the pixels of the picture itself. */
export interface PlacedDetection {
  /** Left, top, right and bottom, [4]. */
  readonly box: Boxes
  /** Class from 0. */
  readonly label: number
  readonly score: number
  /** Pixels of the object, [height * width]. */
  readonly mask?: Uint8Array
}

/** Boxes brought from the network's size of an image to the picture's, and cut off at its borders. */
export function placeBox(
  box: Boxes,
  from: readonly [number, number],
  to: readonly [number, number],
): Float64Array {
  return Float64Array.from(box, (at, i) => {
    const axis = i % 2 === 0 ? 1 : 0
    return Math.min(Math.max((at * (to[axis] ?? 0)) / (from[axis] ?? 1), 0), to[axis] ?? 0)
  })
}

/**
 * A detection in the picture's own pixels. `mask` is its mask as probabilities in its box, [side * side].
 * @param from height and width of the image as the network saw it
 * @param to height and width of the picture
 */
export function placeDetection(
  { box, label, score }: Pick<Detection, 'box' | 'label' | 'score'>,
  from: readonly [number, number],
  to: readonly [number, number],
  mask?: ArrayLike<number>,
): PlacedDetection {
  const placed = placeBox(box, from, to)
  return { label, score, box: placed, ...(mask && { mask: maskOfPasted(pasteMask(mask, placed, to)) }) }
}

/**
 * A detection as pycocotools reads it.
 * @param categories ids of the dataset's categories, by class
 */
export function cocoResult(
  { box, label, score, mask }: PlacedDetection,
  image: { readonly id: number; readonly height: number; readonly width: number },
  categories: readonly number[],
): CocoResult {
  const [left = 0, top = 0, right = 0, bottom = 0] = box
  const { id, height, width } = image
  return {
    image_id: id,
    category_id: categories[label] ?? label,
    bbox: [left, top, right - left, bottom - top],
    score,
    ...(mask && {
      segmentation: { size: [height, width], counts: runLengthString(encodeMask(mask, height, width)) },
    }),
  }
}
