import type { Boxes } from '../../models/heads/detection/anchors.ts'

/** Intersection over union of box `i` of a list and box `j` of another, given as left, top, right, bottom. */
export function boxOverlap(a: Boxes, i: number, b: Boxes, j: number): number {
  const at = (boxes: Boxes, box: number, side: number): number => boxes[4 * box + side] ?? 0
  const width = Math.min(at(a, i, 2), at(b, j, 2)) - Math.max(at(a, i, 0), at(b, j, 0))
  const height = Math.min(at(a, i, 3), at(b, j, 3)) - Math.max(at(a, i, 1), at(b, j, 1))
  if (width <= 0 || height <= 0) return 0
  const area = (boxes: Boxes, box: number): number =>
    (at(boxes, box, 2) - at(boxes, box, 0)) * (at(boxes, box, 3) - at(boxes, box, 1))
  const shared = width * height
  return shared / (area(a, i) + area(b, j) - shared)
}

/** Overlap of every truth (rows) with every candidate: [truths * candidates]. */
export function boxOverlapsOf(truths: Boxes, candidates: Boxes): Float64Array {
  const [rows, columns] = [truths.length / 4, candidates.length / 4]
  const overlaps = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) overlaps[i * columns + j] = boxOverlap(truths, i, candidates, j)
  return overlaps
}
