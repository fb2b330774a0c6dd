import type { Random } from '@dynamic-tuning/engine'
import type { Placement } from './shapes.ts'

/** Positions of both shapes at a moment from 0 (first frame) to 1 (last). */
export type Scene = (moment: number) => readonly [Placement, Placement]

/** Motion of the first shape during a clip. */
export interface Motion {
  /** Direction (right, down), a vector of length 1. */
  readonly move?: readonly [number, number]
  /** 1 grows, -1 shrinks. */
  readonly grow?: number
  /** 1 turns clockwise, -1 counterclockwise. */
  readonly turn?: number
  /** True if both shapes approach one another. */
  readonly meet?: boolean
  /** True if the motion may also run backwards. */
  readonly eitherWay?: boolean
}

/**
 * Draws a random scene of a motion. At the middle of the clip the first shape is near the centre and upright,
 * and there (for the shape that does not move: always) positions, sizes and angles have the same distribution
 * in every class. Towards both ends the first shape moves far away: a model that pools over frames sees which
 * frames occur, but not which ones belong together.
 */
export function drawScene(what: Motion, draw: Random): Scene {
  const first = { ...placeIn(0.44, 0.56, draw), radius: radius(draw), angle: angle(draw) }
  const second = { ...beside(first, draw), radius: radius(draw), angle: angle(draw) }
  const [travel, growth, turn] = [
    0.56 + 0.14 * draw.uniform(),
    1.6 + 0.3 * draw.uniform(),
    1 + 0.3 * draw.uniform(),
  ]
  const backwards = draw.uniform() < 0.5 && what.eitherWay === true
  return (moment) => {
    const s = (2 * moment - 1) * (backwards ? -1 : 1) // from -1 to 1
    const nearer = what.meet ? (0.6 * s) / 2 : 0
    const [towardsX, towardsY] = [second.x - first.x, second.y - first.y]
    const [dx, dy] = what.move ?? [0, 0]
    return [
      {
        x: first.x + (dx * travel * s) / 2 + towardsX * nearer,
        y: first.y + (dy * travel * s) / 2 + towardsY * nearer,
        radius: first.radius * growth ** (s * (what.grow ?? 0)),
        angle: first.angle + turn * s * (what.turn ?? 0),
      },
      { ...second, x: second.x - towardsX * nearer, y: second.y - towardsY * nearer },
    ]
  }
}

const radius = (draw: Random): number => 0.12 + 0.04 * draw.uniform()
const angle = (draw: Random): number => 0.5 * (draw.uniform() - 0.5)

function placeIn(low: number, high: number, draw: Random): { x: number; y: number } {
  return { x: low + (high - low) * draw.uniform(), y: low + (high - low) * draw.uniform() }
}

/** A random position at a medium distance from another. */
function beside({ x, y }: { x: number; y: number }, draw: Random): { x: number; y: number } {
  for (;;) {
    const place = placeIn(0.2, 0.8, draw)
    const distance = Math.hypot(place.x - x, place.y - y)
    if (distance > 0.3 && distance < 0.48) return place
  }
}
