import type { Random } from '@dynamic-tuning/engine'
import { drawBackground } from './background.ts'
import type { Canvas, Colour } from './canvas.ts'
import { standingOut } from './colour.ts'
import { drawCactus, drawFir, drawFlower, drawMushroom } from './plants.ts'
import { drawShape, type Placement, type Shape, shapes } from './shapes.ts'
import type { LabelsTask } from './task.ts'

/** Draws one object of a class at `place`, in colours that differ from those of the background. */
type DrawThing = (canvas: Canvas, place: Placement, ground: readonly Colour[], draw: Random) => void

const turned =
  (shape: Shape): DrawThing =>
  (canvas, place, ground, draw) =>
    drawShape(canvas, shape, { ...place, angle: 2 * Math.PI * draw.uniform() }, standingOut(ground, draw))

const things: Readonly<Record<string, DrawThing>> = {
  flower: drawFlower,
  fir: drawFir,
  cactus: drawCactus,
  mushroom: drawMushroom,
  triangle: turned(shapes.triangle),
  star: turned(shapes.star),
  ring: turned(shapes.ring),
  cross: turned(shapes.cross),
}

const classes = Object.keys(things)

/** Which of eight plants and shapes are shown: one to four of them, each in a quarter of the picture. */
export const gathering: LabelsTask = {
  kind: 'labels',
  classes,
  labels(draw) {
    const some = draw.shuffle([...classes.keys()]).slice(0, 1 + draw.integer(4))
    return some.sort((a, b) => a - b)
  },
  draw(canvas, labels, draw) {
    const ground = drawBackground(canvas, draw)
    const quarters = draw.shuffle([0, 1, 2, 3])
    const shown = Object.values(things).filter((_, label) => labels.includes(label))
    for (const [i, drawThing] of shown.entries())
      drawThing(canvas, placeIn(quarters[i] ?? 0, draw), ground, draw)
  },
}

/** A random placement near the centre of a quarter of the canvas, almost upright. */
function placeIn(quarter: number, draw: Random): Placement {
  const around = (middle: number): number => middle + 0.06 * (draw.uniform() - 0.5)
  return {
    x: around(quarter % 2 === 0 ? 0.26 : 0.74),
    y: around(quarter < 2 ? 0.26 : 0.74),
    radius: 0.17 + 0.03 * draw.uniform(),
    angle: 0.24 * (draw.uniform() - 0.5),
  }
}
