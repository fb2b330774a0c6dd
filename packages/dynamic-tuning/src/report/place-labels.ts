import { frame } from './plot-frame.ts'

/** A rectangle of the drawing, in user units. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Where a label's text is anchored. */
export type Anchor = 'start' | 'middle' | 'end'

/**
 * A label's place: its box, how its text is anchored, and how much of it covers others or leaves
 * the drawing.
 */
export interface LabelPlace extends Box {
  readonly anchor: Anchor
  /** Area in square units; 0 where it is clear. */
  readonly cost: number
}

/** Height of a label's box. */
export const labelHeight = 15
/** Upper limit of labels, below the title. */
export const plotTop = 48

/** Distances from the point that are tried in turn. */
const distances = [0, 9, 20, 33, 48, 66]

/**
 * Places each label beside its point, in order, clear of `obstacles` and earlier labels if
 * possible; `far` also allows places further from the point.
 */
export function placeLabels(
  labels: readonly { readonly x: number; readonly y: number; readonly width: number }[],
  obstacles: readonly Box[],
  { far = false }: { readonly far?: boolean } = {},
): LabelPlace[] {
  const taken = [...obstacles]
  return labels.map(({ x, y, width }) => {
    const rings = far ? distances : [0]
    let best: LabelPlace = {
      x,
      y,
      width,
      height: labelHeight,
      anchor: 'start',
      cost: Number.POSITIVE_INFINITY,
    }
    for (const distance of rings)
      for (const [left, above, anchor] of corners(x, y, width, distance)) {
        const box = { x: left, y: above, width, height: labelHeight }
        const cost = taken.reduce((sum, other) => sum + overlap(box, other), outside(box))
        if (cost < best.cost) best = { ...box, anchor, cost }
      }
    taken.push(best)
    return best
  })
}

/** Left edge, top edge and anchor of the boxes around a point, best first. */
function corners(x: number, y: number, width: number, distance: number): [number, number, Anchor][] {
  const half = labelHeight / 2
  const [side, slant] = [11 + distance, 8 + 0.7 * distance]
  return [
    [x + side, y - half, 'start'],
    [x - side - width, y - half, 'end'],
    [x - width / 2, y - side - labelHeight, 'middle'],
    [x - width / 2, y + side, 'middle'],
    [x + slant, y - slant - labelHeight, 'start'],
    [x + slant, y + slant, 'start'],
    [x - slant - width, y - slant - labelHeight, 'end'],
    [x - slant - width, y + slant, 'end'],
  ]
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  return width > 0 && height > 0 ? width * height : 0
}

/** Area of the box beyond the plot, weighted so that a cut-off name is worse than a covered one. */
function outside(box: Box): number {
  const left = Math.max(0, frame.left - box.x)
  const right = Math.max(0, box.x + box.width - frame.width)
  const above = Math.max(0, plotTop - 16 - box.y)
  const below = Math.max(0, box.y + box.height - (frame.height - frame.bottom))
  return 10 * ((left + right) * box.height + (above + below) * box.width)
}
