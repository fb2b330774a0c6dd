import type { Random } from '@dynamic-tuning/engine'
import type { Canvas, Colour } from './canvas.ts'
import { coloursIn, jittered, standingOut } from './colour.ts'
import { capsule, drawShape, ellipse, type Placement, polygon, type Shape, union } from './shapes.ts'

const cream: Colour = [240, 232, 214]
const [red, brown, golden, green] = [
  coloursIn([-0.05, 0.06], [0.7, 0.95], [0.6, 0.95]),
  coloursIn([0.04, 0.09], [0.5, 0.7], [0.3, 0.5]),
  coloursIn([0.1, 0.16], [0.6, 0.95], [0.85, 1]),
  coloursIn([0.24, 0.42], [0.55, 0.9], [0.35, 0.8]),
]

/** Draws an any-coloured flower of five to seven petals on a stalk with two leaves. */
export function drawFlower(canvas: Canvas, place: Placement, ground: readonly Colour[], draw: Random): void {
  drawShape(canvas, stalk, place, standingOut(ground, draw, green))
  const petals = 5 + draw.integer(3)
  const turn = 2 * Math.PI * draw.uniform()
  const blossom: Shape = (x, y) => {
    const [dx, dy] = [x, y + 0.34]
    return Math.hypot(dx, dy) - 0.72 * (0.76 + 0.24 * Math.cos(petals * Math.atan2(dy, dx) + turn))
  }
  const petal = standingOut(ground, draw)
  drawShape(canvas, blossom, place, petal)
  drawShape(canvas, ellipse([0, -0.34], 0.22, 0.22), place, standingOut([petal], draw, golden))
}

const stalk = union(
  capsule([0, -0.3], [0, 1], 0.07),
  ellipse([0.3, 0.55], 0.28, 0.12),
  ellipse([-0.3, 0.72], 0.28, 0.12),
)

/** Draws a fir: three tiers of branches over a trunk. */
export function drawFir(canvas: Canvas, place: Placement, ground: readonly Colour[], draw: Random): void {
  drawShape(canvas, capsule([0, 0.5], [0, 1], 0.13), place, standingOut(ground, draw, brown))
  drawShape(canvas, tiers, place, standingOut(ground, draw, green))
}

const tiers = polygon([
  [0, -1.1],
  [0.4, -0.5],
  [0.22, -0.5],
  [0.6, 0.08],
  [0.32, 0.08],
  [0.8, 0.7],
  [-0.8, 0.7],
  [-0.32, 0.08],
  [-0.6, 0.08],
  [-0.22, -0.5],
  [-0.4, -0.5],
])

/** Draws a cactus: a column with an arm on either side, one higher than the other. */
export function drawCactus(canvas: Canvas, place: Placement, ground: readonly Colour[], draw: Random): void {
  const side = draw.uniform() < 0.5 ? 1 : -1
  const arm = (to: number, low: number, high: number): Shape =>
    union(capsule([0, low], [to, low], 0.15), capsule([to, low], [to, high], 0.16))
  const high = 0.05 + 0.15 * draw.uniform()
  const cactus = union(
    capsule([0, -0.78], [0, 1], 0.24),
    arm(0.66 * side, high, high - 0.55),
    arm(-0.66 * side, high + 0.35, high - 0.1),
  )
  drawShape(canvas, cactus, place, standingOut(ground, draw, green))
}

/** Draws a mushroom: a spotted cap, as wide as the mushroom is high, on a pale stem. */
export function drawMushroom(
  canvas: Canvas,
  place: Placement,
  ground: readonly Colour[],
  draw: Random,
): void {
  drawShape(canvas, stem, place, jittered(cream, 10, draw))
  drawShape(canvas, cap, place, standingOut(ground, draw, red))
  for (const [x, y, radius] of spots) drawShape(canvas, ellipse([x, y], radius, radius), place, cream)
}

const stem = capsule([0, 0], [0, 0.85], 0.24)

const cap: Shape = (x, y) => Math.max(ellipse([0, 0.1], 1, 1)(x, y), y - 0.12)

const spots = [
  [-0.45, -0.25, 0.14],
  [0.08, -0.5, 0.16],
  [0.5, -0.16, 0.12],
  [-0.08, -0.08, 0.11],
] as const
