import type { Boxes } from './anchors.ts'

/** Factors of the four numbers of a box's change: of its centre's x and y, its width and its height. */
export type BoxWeights = readonly [number, number, number, number]

/** Those of proposals, and those of a box head. */
export const proposalWeights: BoxWeights = [1, 1, 1, 1]
export const boxHeadWeights: BoxWeights = [10, 10, 5, 5]

/** Largest logarithm by which a side grows: a box of 16 pixels to one of 1000. */
export const largestGrowth = Math.log(1000 / 16)

/** Box number i as centre and sides. */
function centreOf(boxes: Boxes, i: number): [x: number, y: number, width: number, height: number] {
  const [left = 0, top = 0, right = 0, bottom = 0] = boxes.subarray(4 * i, 4 * i + 4)
  return [left + (right - left) / 2, top + (bottom - top) / 2, right - left, bottom - top]
}

/**
 * How to move and scale the boxes `from` to become `to` (R-CNN, arXiv:1311.2524, appendix C): with a centre
 * x and a width w, dx = wx (x' - x) / w and dw = ww ln(w' / w). Boxes need sides above 0.
 * from, to: [N * 4] -> deltas [N * 4].
 */
export function encodeBoxes(from: Boxes, to: Boxes, [wx, wy, ww, wh]: BoxWeights): Float64Array {
  const deltas = new Float64Array(from.length)
  for (let i = 0; i < from.length / 4; i++) {
    const [x, y, width, height] = centreOf(from, i)
    const [toX, toY, toWidth, toHeight] = centreOf(to, i)
    const moved = [(wx * (toX - x)) / width, (wy * (toY - y)) / height]
    deltas.set([...moved, ww * Math.log(toWidth / width), wh * Math.log(toHeight / height)], 4 * i)
  }
  return deltas
}

/**
 * The boxes that `encodeBoxes` made the deltas from; sides grow by 1000 / 16 at most. With K deltas per box
 * (of K classes) it gives K boxes for each. boxes: [N * 4], deltas: [N * K * 4] -> [N * K * 4].
 */
export function decodeBoxes(boxes: Boxes, deltas: Boxes, [wx, wy, ww, wh]: BoxWeights): Float64Array {
  const decoded = new Float64Array(deltas.length)
  const perBox = deltas.length / boxes.length
  for (let i = 0; i < deltas.length / 4; i++) {
    const [x, y, width, height] = centreOf(boxes, Math.floor(i / perBox))
    const [dx = 0, dy = 0, dw = 0, dh = 0] = deltas.subarray(4 * i, 4 * i + 4)
    const [toX, toY] = [x + (dx / wx) * width, y + (dy / wy) * height]
    const halfWidth = (width * Math.exp(Math.min(dw / ww, largestGrowth))) / 2
    const halfHeight = (height * Math.exp(Math.min(dh / wh, largestGrowth))) / 2
    decoded.set([toX - halfWidth, toY - halfHeight, toX + halfWidth, toY + halfHeight], 4 * i)
  }
  return decoded
}

/** Boxes cut off at the borders of an image. boxes: [N * 4]. */
export function clipBoxes(boxes: Boxes, height: number, width: number): Float64Array {
  return Float64Array.from(boxes, (at, i) => Math.min(Math.max(at, 0), i % 2 === 0 ? width : height))
}
