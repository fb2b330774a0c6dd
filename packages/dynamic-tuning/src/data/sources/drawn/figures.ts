import type { Random } from '@dynamic-tuning/engine'
import { drawBackground } from './background.ts'
import { standingOut } from './colour.ts'
import { anyShape, arrow, drawShape, type Placement } from './shapes.ts'
import type { ClassTask } from './task.ts'

const most = 6

/** Number of shapes: one to six, without overlap. */
export const count: ClassTask = {
  kind: 'class',
  classes: Array.from({ length: most }, (_, i) => String(i + 1)),
  draw(canvas, label, draw) {
    const ground = drawBackground(canvas, draw)
    const places: Placement[] = []
    const largest = label > 3 ? 0.12 : 0.16
    while (places.length <= label) {
      const radius = 0.085 + (largest - 0.085) * draw.uniform()
      const place = { x: within(radius, draw), y: within(radius, draw), radius, angle: turn(draw) }
      const apart = (other: Placement) =>
        Math.hypot(place.x - other.x, place.y - other.y) > 1.25 * (radius + other.radius)
      if (places.every(apart)) places.push(place)
    }
    for (const place of places) drawShape(canvas, anyShape(draw), place, standingOut(ground, draw))
  },
}

const rows = ['top', 'middle', 'bottom']
const columns = ['left', 'centre', 'right']

/** The cell of a 3 x 3 grid that contains the shape's centre. */
export const location: ClassTask = {
  kind: 'class',
  classes: rows.flatMap((row) => columns.map((column) => `${row} ${column}`)),
  draw(canvas, label, draw) {
    const ground = drawBackground(canvas, draw)
    const jitter = (): number => (draw.uniform() - 0.5) * 0.18
    const x = ((label % 3) + 0.5) / 3 + jitter()
    const y = (Math.floor(label / 3) + 0.5) / 3 + jitter()
    const place = { x, y, radius: 0.1 + 0.08 * draw.uniform(), angle: turn(draw) }
    drawShape(canvas, anyShape(draw), place, standingOut(ground, draw))
  },
}

/** Direction of an arrow: one of eight, with up to nine degrees of deviation. */
export const orientation: ClassTask = {
  kind: 'class',
  classes: ['right', 'down right', 'down', 'down left', 'left', 'up left', 'up', 'up right'],
  draw(canvas, label, draw) {
    const ground = drawBackground(canvas, draw)
    const angle = (label / 8) * 2 * Math.PI + (draw.uniform() - 0.5) * 0.3
    const radius = 0.17 + 0.13 * draw.uniform()
    const place = { x: within(radius * 1.1, draw), y: within(radius * 1.1, draw), radius, angle }
    drawShape(canvas, arrow, place, standingOut(ground, draw))
  },
}

function within(radius: number, draw: Random): number {
  return radius + (1 - 2 * radius) * draw.uniform()
}

function turn(draw: Random): number {
  return draw.uniform() * 2 * Math.PI
}
