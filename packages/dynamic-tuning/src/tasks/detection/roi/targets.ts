import type { TensorData } from '@dynamic-tuning/engine'
import { fillPolygons, type Polygon } from '../../../data/boxes/fill-polygons.ts'
import { areaOfRuns, decodeMask } from '../../../data/boxes/run-lengths.ts'
import type { Boxes } from '../../../models/heads/detection/anchors.ts'
import { boxHeadWeights, encodeBoxes } from '../../../models/heads/detection/box-codec.ts'
import { boxOverlapsOf } from '../box-overlap.ts'
import { headRule, matchBoxes } from '../match-boxes.ts'

/** Objects of an image: their boxes [objects * 4], and the class of each from 0. */
export interface ImageObjects {
  readonly boxes: Boxes
  readonly classes: ArrayLike<number>
}

/** What candidates are: a class from 0, or K for background. */
export interface RegionMatches {
  /** [candidates]. */
  readonly classes: Int32Array
  /** The object of each, -1 for background. */
  readonly truths: Int32Array
}

/** Classes of candidates: that of the object they overlap most, from an overlap of 0.5 on. */
export function matchRegions(candidates: Boxes, objects: ImageObjects, classes: number): RegionMatches {
  const overlaps = boxOverlapsOf(objects.boxes, candidates)
  const { truths } = matchBoxes(overlaps, candidates.length / 4, headRule)
  return {
    classes: truths.map((truth) => (truth < 0 ? classes : (objects.classes[truth] ?? classes))),
    truths,
  }
}

/** A region that is trained on. */
export interface TrainedRegion {
  /** [4]. */
  readonly box: Boxes
  /** From 0; K for background. */
  readonly label: number
  /** Box of its object, [4]; absent for background. */
  readonly truth?: Boxes
}

/** The graph inputs of the losses of boxes. */
export interface RegionTargets<T> {
  /** 1 at the class of each region, [R, K + 1]. */
  readonly regionClasses: T
  /** How to move each foreground region, at its class: [R, 4K]. */
  readonly regionDeltas: T
  /** 1 where `regionDeltas` counts, [R, 4K]. */
  readonly regionForeground: T
}

function zeros(...shape: number[]) {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1))
  return { dtype: 'float32', shape, data } satisfies TensorData
}

/** Values of the inputs of `boxLosses` for the regions of a batch, of K classes. */
export function regionTargets(regions: readonly TrainedRegion[], classes: number): RegionTargets<TensorData> {
  const labels = zeros(regions.length, classes + 1)
  const [deltas, foreground] = [0, 0].map(() => zeros(regions.length, 4 * classes))
  for (const [i, { box, label, truth }] of regions.entries()) {
    labels.data[i * (classes + 1) + label] = 1
    if (truth === undefined) continue
    const at = 4 * (i * classes + label)
    deltas?.data.set(encodeBoxes(box, truth, boxHeadWeights), at)
    foreground?.data.fill(1, at, at + 4)
  }
  const empty = zeros(0)
  return {
    regionClasses: labels,
    regionDeltas: deltas ?? empty,
    regionForeground: foreground ?? empty,
  }
}

/**
 * The part of an object in a box as a mask of side x side pixels: its polygons are moved and scaled so that
 * the box becomes the mask, then filled. [side * side].
 */
export function maskTarget(polygons: readonly Polygon[], box: Boxes, side: number): Uint8Array {
  const [left = 0, top = 0, right = 0, bottom = 0] = box
  const [across, down] = [side / Math.max(right - left, 0.1), side / Math.max(bottom - top, 0.1)]
  const moved = polygons.map((polygon) =>
    polygon.map((at, i) => (i % 2 === 0 ? (at - left) * across : (at - top) * down)),
  )
  const runs = fillPolygons(moved, side, side)
  return areaOfRuns(runs) === 0 ? new Uint8Array(side * side) : decodeMask(runs)
}
