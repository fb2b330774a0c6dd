import { DataError } from '../../errors.ts'

/** Left, top, width and height of a box in pixels, as COCO writes boxes. */
export type CornerBox = readonly [number, number, number, number]

/**
 * A mask as COCO's run lengths: lengths of runs of equal pixels down the columns, beginning with pixels that
 * are not in the mask (possibly none of them). They add up to height * width.
 */
export interface RunLengths {
  readonly height: number
  readonly width: number
  readonly counts: Uint32Array
}

/** Checks that lengths cover a picture. @throws DataError where they do not add up, or one is no length */
export function runLengths(counts: ArrayLike<number>, height: number, width: number): RunLengths {
  let sum = 0
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] ?? 0
    if (!Number.isInteger(count) || count < 0)
      throw new DataError(
        `run lengths: number ${i} is ${count}, not a length. Write whole numbers from 0 on.`,
      )
    sum += count
  }
  if (sum !== height * width)
    throw new DataError(
      `run lengths: they add up to ${sum} pixels, not to ${width} x ${height} = ${width * height}. Give the size of the picture that they were made for.`,
    )
  return { height, width, counts: Uint32Array.from(counts) }
}

/** The run lengths of a mask, row by row with 0 for pixels outside. mask: [height * width]. */
export function encodeMask(mask: Uint8Array, height: number, width: number): RunLengths {
  const counts: number[] = []
  let length = 0
  let inside = false
  for (let column = 0; column < width; column++)
    for (let row = 0; row < height; row++) {
      const is = mask[row * width + column] !== 0
      if (is !== inside) {
        counts.push(length)
        length = 0
        inside = is
      }
      length++
    }
  counts.push(length)
  return { height, width, counts: Uint32Array.from(counts) }
}

/** The mask of run lengths, row by row: 1 inside, 0 outside. [height * width]. */
export function decodeMask({ height, width, counts }: RunLengths): Uint8Array {
  const mask = new Uint8Array(height * width)
  let at = 0
  for (const [run, count] of counts.entries()) {
    const end = at + count
    if (run % 2 === 1) for (let i = at; i < end; i++) mask[(i % height) * width + Math.floor(i / height)] = 1
    at = end
  }
  return mask
}

/** Number of pixels in a mask. */
export function areaOfRuns({ counts }: Pick<RunLengths, 'counts'>): number {
  let area = 0
  for (let run = 1; run < counts.length; run += 2) area += counts[run] ?? 0
  return area
}

/** The smallest box around a mask; all zeros for an empty one. */
export function boxOfRuns({ height, counts }: RunLengths): CornerBox {
  let [left, top, right, bottom] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0]
  let at = 0
  for (const [run, count] of counts.entries()) {
    const last = at + count - 1
    if (run % 2 === 1 && count > 0) {
      const [first, final] = [Math.floor(at / height), Math.floor(last / height)]
      left = Math.min(left, first)
      right = Math.max(right, final + 1)
      top = Math.min(top, first === final ? at % height : 0)
      bottom = Math.max(bottom, first === final ? (last % height) + 1 : height)
    }
    at += count
  }
  return right === 0 ? [0, 0, 0, 0] : [left, top, right - left, bottom - top]
}
