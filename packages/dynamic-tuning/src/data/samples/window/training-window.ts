import type { Random } from '@dynamic-tuning/engine'
import type { LabelMap } from '../../label-map.ts'
import type { Size } from '../../sources/decode.ts'
import type { Pixels } from '../../sources/pixels.ts'
import { flip } from '../../transforms/augment/flip.ts'
import type { Box } from '../../transforms/resize.ts'
import { resizeBilinear } from '../../transforms/windows/bilinear.ts'
import { chooseCrop } from '../../transforms/windows/choose-crop.ts'
import { cutLabels, mirrorLabels, padLabels, resizeLabels } from '../../transforms/windows/label-maps.ts'
import { type ColourChanges, changeColours, drawColourChanges } from '../../transforms/windows/photometric.ts'
import { type SideLimits, scaledSize } from '../../transforms/windows/scaled-size.ts'

/** How windows for training are drawn. Plain JSON. */
export interface TrainingWindowSettings {
  /** Limits of the sides that pictures are resized to, before the random ratio. */
  readonly base: SideLimits
  /** Range of the ratio, uniform. */
  readonly ratio: readonly [least: number, most: number]
  /** See `chooseCrop`. */
  readonly cropShare: number
  /** True to change colours, see `drawColourChanges`. */
  readonly photometric: boolean
}

/** What becomes of a picture, with all random choices made. */
export interface WindowChange {
  readonly resized: Size
  /** The part of the resized picture that is used; a side may be shorter than the window's. */
  readonly box: Box
  readonly mirrored: boolean
  readonly colours: ColourChanges | undefined
}

/** A change and the labels that it was chosen for, resized. */
export interface DrawnWindow {
  readonly change: WindowChange
  readonly labels: LabelMap
}

/**
 * Draws a window of a picture with these labels: a random ratio, a box of `window` pixels, mirroring with
 * chance 1/2, colours. The order is that of mmsegmentation's configurations.
 */
export function drawWindow(
  labels: LabelMap,
  { base, ratio: [least, most], cropShare, photometric }: TrainingWindowSettings,
  window: Size,
  draw: Random,
): DrawnWindow {
  const resized = scaledSize(labels, base, least + (most - least) * draw.uniform())
  const scaled = resizeLabels(labels, resized)
  const box = chooseCrop(scaled, window, cropShare, () => ({
    top: draw.integer(Math.max(resized.height - window.height, 0) + 1),
    left: draw.integer(Math.max(resized.width - window.width, 0) + 1),
  }))
  const mirrored = draw.integer(2) === 1
  return {
    change: { resized, box, mirrored, colours: photometric ? drawColourChanges(draw) : undefined },
    labels: scaled,
  }
}

/** The pixels of a window, in bytes; smaller than the window if the resized picture is. */
export function windowPixels(picture: Pixels, { resized, box, mirrored, colours }: WindowChange): Pixels {
  const part = resizeBilinear(picture, resized, box)
  const turned = mirrored ? flip(part) : part
  return colours ? changeColours(turned, colours) : turned
}

/** The labels of a window from labels of the resized picture; ignored where the picture does not reach. */
export function windowLabels(resized: LabelMap, { box, mirrored }: WindowChange, window: Size): LabelMap {
  const part = cutLabels(resized, box)
  return padLabels(mirrored ? mirrorLabels(part) : part, window)
}
