import type { PictureSize } from './instance.ts'
import type { CornerBox } from './run-lengths.ts'

/** Boxes may reach this far beyond the picture, in pixels, before that is worth a word: rounding. */
const rounding = 1

/** The part of a box within its picture, and what is wrong with the box, if anything. */
export interface CheckedBox {
  /** Absent if nothing of it can be used. */
  readonly box?: CornerBox
  /** Such as `box of no area`. */
  readonly problem?: string
}

/** Checks a box, left, top, width and height in pixels, and cuts it at the picture's edges. */
export function checkBox(box: CornerBox, { height, width }: PictureSize): CheckedBox {
  const text = `[${box.map((side) => Number(side.toFixed(2))).join(', ')}]`
  if (!box.every(Number.isFinite)) return { problem: `box with a side that is no number, ${text}` }
  const [left, top, across, down] = box
  if (across <= 0 || down <= 0) return { problem: `box of no area, ${text}` }
  const [x, y] = [Math.max(left, 0), Math.max(top, 0)]
  const [right, bottom] = [Math.min(left + across, width), Math.min(top + down, height)]
  if (right <= x || bottom <= y)
    return { problem: `box outside the picture of ${width} x ${height}, ${text}` }
  const beyond = Math.max(x - left, y - top, left + across - right, top + down - bottom)
  const inside: CornerBox = [x, y, right - x, bottom - y]
  if (beyond <= rounding) return { box: inside }
  return { box: inside, problem: `box beyond the picture of ${width} x ${height}, cut, ${text}` }
}

/**
 * True if boxes are surely written as left, top, right and bottom: read as widths and heights more than half
 * of them leave their pictures, and as corners all lie within.
 */
export function areCorners(
  boxes: readonly { readonly box: CornerBox; readonly size: PictureSize }[],
): boolean {
  const isWithin = (right: number, bottom: number, { width, height }: PictureSize): boolean =>
    right <= width + rounding && bottom <= height + rounding
  const leaving = boxes.filter(
    ({ box: [left, top, across, down], size }) => !isWithin(left + across, top + down, size),
  )
  const fits = boxes.every(
    ({ box: [left, top, right, bottom], size }) =>
      left < right && top < bottom && isWithin(right, bottom, size),
  )
  return fits && leaving.length > boxes.length / 2
}
