import type { Motion } from './motion.ts'
import type { ClipTask } from './task.ts'

const clipTask = (motions: Readonly<Record<string, Motion>>): ClipTask => ({
  kind: 'clip',
  classes: Object.keys(motions),
  motions: Object.values(motions),
})

const slope = Math.SQRT1_2

/** What moves, not in which order: everything that an unordered set of frames can tell. */
export const motion = clipTask({
  still: {},
  across: { move: [1, 0], eitherWay: true },
  'up and down': { move: [0, 1], eitherWay: true },
  falling: { move: [slope, slope], eitherWay: true },
  rising: { move: [slope, -slope], eitherWay: true },
  resizing: { grow: 1, eitherWay: true },
  turning: { turn: 1, eitherWay: true },
  meeting: { meet: true },
})

/**
 * Pairs that differ only in the order of their frames: a model that ignores the order
 * is right half of the time.
 */
export const direction = clipTask({
  right: { move: [1, 0] },
  left: { move: [-1, 0] },
  down: { move: [0, 1] },
  up: { move: [0, -1] },
  growing: { grow: 1 },
  shrinking: { grow: -1 },
  clockwise: { turn: 1 },
  anticlockwise: { turn: -1 },
})
