import type { Boxes } from '../../../models/heads/detection/anchors.ts'

/**
 * A mask of side x side probabilities laid over its box in a picture: bilinear at the centres of pixels, and
 * 0 beside the mask. box: left, top, right and bottom in pixels, [4]. -> [height * width].
 */
export function pasteMask(
  mask: ArrayLike<number>,
  [left = 0, top = 0, right = 0, bottom = 0]: Boxes,
  [height, width]: readonly [number, number],
): Float32Array {
  const side = Math.sqrt(mask.length)
  const pasted = new Float32Array(height * width)
  const at = (row: number, column: number): number =>
    row < 0 || column < 0 || row >= side || column >= side ? 0 : (mask[row * side + column] ?? 0)
  const rows = placesOf(top, bottom, side, height)
  const columns = placesOf(left, right, side, width)
  for (const [v, y] of rows)
    for (const [u, x] of columns) {
      const [row, column] = [Math.floor(y), Math.floor(x)]
      const [down, across] = [y - row, x - column]
      const above = at(row, column) * (1 - across) + at(row, column + 1) * across
      const below = at(row + 1, column) * (1 - across) + at(row + 1, column + 1) * across
      pasted[v * width + u] = above * (1 - down) + below * down
    }
  return pasted
}

/** Pixels that a mask reaches along an axis, and where in the mask each lies. */
function placesOf(start: number, end: number, side: number, size: number): [number, number][] {
  const places: [number, number][] = []
  for (let pixel = 0; pixel < size; pixel++) {
    const place = ((pixel + 0.5 - start) / (end - start)) * side - 0.5
    if (place > -1 && place < side) places.push([pixel, place])
  }
  return places
}

/** 1 where a pasted mask is one half or more. */
export function maskOfPasted(pasted: Float32Array): Uint8Array {
  return Uint8Array.from(pasted, (probability) => (probability >= 0.5 ? 1 : 0))
}
