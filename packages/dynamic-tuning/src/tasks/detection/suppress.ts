import type { Boxes } from '../../models/heads/detection/anchors.ts'
import { boxOverlap } from './box-overlap.ts'

/** Indices of scores by falling score; equal ones stay in order. */
export function byFallingScore(scores: ArrayLike<number>): number[] {
  const at = (i: number): number => scores[i] ?? 0
  return Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => at(b) - at(a))
}

/**
 * Non-maximum suppression: goes through boxes in the given order and leaves out those that overlap one that
 * stayed by more than `threshold`. Returns the indices that stay, in that order.
 * boxes: [N * 4] as left, top, right, bottom.
 */
export function suppress(boxes: Boxes, order: readonly number[], threshold: number): number[] {
  const kept: number[] = []
  for (const box of order)
    if (!kept.some((better) => boxOverlap(boxes, better, boxes, box) > threshold)) kept.push(box)
  return kept
}
