import type { Random } from '@dynamic-tuning/engine'
import { pick } from '../../pick.ts'
import { blend, type Canvas, type Colour, cover, inside, shadeEach } from './canvas.ts'
import { mixColour } from './colour.ts'

/** Signed distance to the edge of a shape of radius 1 around the origin: negative inside. */
export type Shape = (x: number, y: number) => number

/** A polygon as a signed distance. */
export function polygon(corners: readonly (readonly [number, number])[]): Shape {
  const edges = corners.map(([x, y], i) => {
    const [nextX, nextY] = corners[i + 1] ?? corners[0] ?? [x, y]
    return { x, y, ex: nextX - x, ey: nextY - y }
  })
  return (x, y) => {
    let nearest = Number.POSITIVE_INFINITY
    let within = false
    for (const { x: fromX, y: fromY, ex, ey } of edges) {
      const [ax, ay] = [x - fromX, y - fromY]
      const t = Math.min(1, Math.max(0, (ax * ex + ay * ey) / (ex * ex + ey * ey)))
      const [dx, dy] = [ax - t * ex, ay - t * ey]
      nearest = Math.min(nearest, dx * dx + dy * dy)
      if (ay < 0 !== ay < ey && ax < (ay / ey) * ex) within = !within
    }
    return within ? -Math.sqrt(nearest) : Math.sqrt(nearest)
  }
}

function around(count: number, radius: (i: number) => number): [number, number][] {
  return Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / count - Math.PI / 2
    return [radius(i) * Math.cos(angle), radius(i) * Math.sin(angle)]
  })
}

const arm = 0.34

/** The shapes, by name. */
export const shapes = {
  disc: (x, y) => Math.hypot(x, y) - 0.9,
  ring: (x, y) => Math.abs(Math.hypot(x, y) - 0.68) - 0.24,
  square: polygon(around(4, () => 1)),
  triangle: polygon(around(3, () => 1.05)),
  pentagon: polygon(around(5, () => 0.98)),
  star: polygon(around(10, (i) => (i % 2 === 0 ? 1.1 : 0.5))),
  cross: (x, y) => Math.min(box(x, y, 0.95, arm), box(x, y, arm, 0.95)),
} satisfies Record<string, Shape>

/** An arrow that points right. */
export const arrow: Shape = polygon([
  [1.15, 0],
  [0.25, 0.62],
  [0.25, 0.24],
  [-1, 0.24],
  [-1, -0.24],
  [0.25, -0.24],
  [0.25, -0.62],
])

function box(x: number, y: number, halfWidth: number, halfHeight: number): number {
  const dx = Math.abs(x) - halfWidth
  const dy = Math.abs(y) - halfHeight
  return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0)
}

/** A line between two points, `radius` thick on either side, with round ends. */
export function capsule(
  [ax, ay]: readonly [number, number],
  [bx, by]: readonly [number, number],
  radius: number,
): Shape {
  const [ex, ey] = [bx - ax, by - ay]
  return (x, y) => {
    const t = Math.min(1, Math.max(0, ((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey)))
    return Math.hypot(x - ax - t * ex, y - ay - t * ey) - radius
  }
}

/** An upright ellipse; distances are exact only at the edge. */
export function ellipse(
  [middleX, middleY]: readonly [number, number],
  halfWidth: number,
  halfHeight: number,
): Shape {
  const scale = Math.min(halfWidth, halfHeight)
  return (x, y) => scale * (Math.hypot((x - middleX) / halfWidth, (y - middleY) / halfHeight) - 1)
}

/** The union of some shapes. */
export function union(...parts: readonly Shape[]): Shape {
  return (x, y) => Math.min(...parts.map((part) => part(x, y)))
}

/** Position and size of a shape, in units of the canvas. */
export interface Placement {
  readonly x: number
  readonly y: number
  readonly radius: number
  /** Radians, clockwise. */
  readonly angle: number
}

/** Draws a shape with a soft shadow, lit from above. */
export function drawShape(canvas: Canvas, shape: Shape, place: Placement, colour: Colour): void {
  const { x, y, radius, angle } = place
  const cos = Math.cos(angle) / radius
  const sin = Math.sin(angle) / radius
  const at = (px: number, py: number): number => radius * shape(px * cos + py * sin, py * cos - px * sin)
  const drop = radius * 0.12
  const reach = radius * 1.35
  const region = { left: x - reach, top: y - reach, right: x + reach, bottom: y + reach + drop }
  cover(canvas, region, [0, 0, 0], (px, py) => 0.35 * inside(at(px - x - drop, py - y - drop) / 6, 64))
  const light = mixColour(colour, [255, 255, 255], 0.28)
  const dark = mixColour(colour, [0, 0, 0], 0.22)
  shadeEach(
    canvas,
    (px, py, out) => {
      const amount = inside(at(px - x, py - y), canvas.size)
      if (amount > 0) blend(out, mixColour(light, dark, (py - y + radius) / (2 * radius)), amount)
    },
    region,
  )
}

/** A random shape. */
export function anyShape(draw: Random): Shape {
  return pick(Object.values(shapes), draw)
}
