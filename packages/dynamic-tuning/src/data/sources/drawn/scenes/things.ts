import type { Random } from '@dynamic-tuning/engine'
import { pick } from '../../../pick.ts'
import type { Colour } from '../canvas.ts'
import { coloursIn, hsv, jittered, mixColour, tinted } from '../colour.ts'
import type { Light } from '../light.ts'
import { fractalNoise } from '../noise.ts'
import { paint } from '../ridge.ts'
import { capsule, ellipse, type Placement, polygon, type Shape, union } from '../shapes.ts'
import { sceneLabels } from './labels.ts'
import { plantColour } from './land.ts'
import { type Scene, type Shade, stamp } from './scene.ts'

/** Draws a thing; its foot is a radius below its centre. */
export type DrawThing = (scene: Scene, place: Placement, light: Light, draw: Random) => void

/** Size of a thing in front, in units of the picture, and how it is drawn. */
export interface Thing {
  readonly radius: readonly [least: number, greatest: number]
  readonly drawThing: DrawThing
}

const box = (left: number, top: number, right: number, bottom: number): Shape =>
  polygon([
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ])

/** Leaves: small light and dark patches, lighter above. */
function leaves(colour: Colour, draw: Random): Shade {
  const noise = fractalNoise(draw.integer(1 << 30), 3)
  return (x, y, out) => paint(out, colour, 0.45 + 0.95 * noise(x * 7 + 40, y * 7 + 40) - 0.22 * y)
}

const wood = (light: Light, draw: Random): Shade => {
  const colour = tinted(jittered([96, 70, 48], 14, draw), light.tint)
  return (x, _y, out) => paint(out, colour, 0.9 - 1.5 * x)
}

const tiers = polygon([
  [0, -1.15],
  [0.36, -0.45],
  [0.2, -0.45],
  [0.52, 0.12],
  [0.3, 0.12],
  [0.66, 0.72],
  [-0.66, 0.72],
  [-0.3, 0.12],
  [-0.52, 0.12],
  [-0.2, -0.45],
  [-0.36, -0.45],
])

const drawFir: DrawThing = (scene, place, light, draw) => {
  stamp(scene, sceneLabels.tree, capsule([0, 0.6], [0, 0.94], 0.09), place, wood(light, draw))
  stamp(scene, sceneLabels.tree, tiers, place, leaves(tinted(plantColour(draw), light.tint), draw))
}

const drawLeafTree: DrawThing = (scene, place, light, draw) => {
  stamp(scene, sceneLabels.tree, capsule([0, 0.1], [0, 0.92], 0.1), place, wood(light, draw))
  const outline = fractalNoise(draw.integer(1 << 30), 2)
  const crown: Shape = (x, y) => {
    const angle = Math.atan2(y + 0.3, x)
    return Math.hypot(x, y + 0.3) - 0.5 - 0.4 * outline(3 + 1.6 * Math.cos(angle), 3 + 1.6 * Math.sin(angle))
  }
  stamp(scene, sceneLabels.tree, crown, place, leaves(tinted(plantColour(draw), light.tint), draw))
}

const walls = box(-0.8, -0.1, 0.8, 1)
const roof = polygon([
  [0, -0.85],
  [1, -0.05],
  [-1, -0.05],
])
const openings = [box(-0.55, 0.2, -0.25, 0.5), box(0.25, 0.2, 0.55, 0.5), box(-0.14, 0.45, 0.14, 1)]

/** A house of planks or bricks in any muted colour. */
const drawHouse: DrawThing = (scene, place, light, draw) => {
  const paintOf = coloursIn([0, 1], [0.05, 0.55], [0.4, 0.9])
  const [wall, cap] = [
    tinted(paintOf(draw), light.tint),
    tinted(coloursIn([0, 0.1], [0.1, 0.7], [0.25, 0.6])(draw), light.tint),
  ]
  const rows = 8 + draw.integer(6)
  const courses: Shade = (_x, y, out) => paint(out, wall, ((y + 2) * rows) % 2 < 0.5 ? 0.8 : 1)
  stamp(scene, sceneLabels.house, walls, place, courses)
  stamp(scene, sceneLabels.house, roof, place, (x, y, out) =>
    paint(out, cap, 0.9 - 0.15 * x + 0.1 * Math.sin(y * 30)),
  )
  const dark = mixColour(wall, [20, 20, 30], 0.75)
  for (const opening of openings)
    stamp(scene, sceneLabels.house, opening, place, (_x, _y, out) => paint(out, dark, 1))
}

const stalk = union(
  capsule([0, -0.3], [0, 0.95], 0.08),
  ellipse([0.3, 0.5], 0.28, 0.12),
  ellipse([-0.3, 0.65], 0.28, 0.12),
)

const drawFlower: DrawThing = (scene, place, light, draw) => {
  const green = tinted(plantColour(draw), light.tint)
  stamp(scene, sceneLabels.flower, stalk, place, (_x, _y, out) => paint(out, green, 0.8))
  const petals = 5 + draw.integer(3)
  const turn = 2 * Math.PI * draw.uniform()
  const blossom: Shape = (x, y) =>
    Math.hypot(x, y + 0.36) - 0.68 * (0.76 + 0.24 * Math.cos(petals * Math.atan2(y + 0.36, x) + turn))
  const petal = tinted(hsv(draw.uniform(), 0.3 + 0.65 * draw.uniform(), 0.95), light.tint)
  stamp(scene, sceneLabels.flower, blossom, place, (_x, y, out) => paint(out, petal, 0.85 - 0.25 * y))
  stamp(scene, sceneLabels.flower, ellipse([0, -0.36], 0.22, 0.22), place, (_x, _y, out) =>
    paint(out, [226, 180, 60], 1),
  )
}

/** A tree, a house or a flower, at random. */
export function anyThing(draw: Random): Thing {
  const kind = draw.uniform()
  if (kind < 0.45) return { radius: [0.16, 0.3], drawThing: pick([drawFir, drawLeafTree], draw) }
  return kind < 0.68
    ? { radius: [0.14, 0.24], drawThing: drawHouse }
    : { radius: [0.1, 0.19], drawThing: drawFlower }
}
