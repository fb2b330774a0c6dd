import { random } from '@dynamic-tuning/engine'
import type { Pixels } from '../pixels.ts'
import { drawBackground } from './background.ts'
import { createCanvas, toPixels } from './canvas.ts'
import { clipTasks } from './clip-tasks.ts'
import { hsv, standingOut } from './colour.ts'
import { drawnLabel, drawnSize } from './draw-image.ts'
import { type ClipTask, drawScene, type Motion } from './motions.ts'
import { arrow, drawShape, type Shape, shapes } from './shapes.ts'

/** Frames of a drawn clip. */
export const drawnFrames = 32

/** Shapes whose turning can be seen. */
const cornered: readonly Shape[] = ['square', 'triangle', 'star', 'cross']
  .map((name) => shapes[name] as Shape)
  .concat(arrow)

/**
 * Draws frames (0 to `drawnFrames` - 1) of clip `index` of a task, `size` x `size` pixels: a lively shape, which does what the class says, and
 * a pale disc on a textured ground. A function of its arguments only.
 */
export function drawClip(
  task: string,
  seed: number,
  index: number,
  frames: readonly number[],
  size = drawnSize,
): Pixels[] {
  const draw = random(seed, 'draw', task, index)
  const motions = Object.values(clipTasks[task] as ClipTask)
  const canvas = createCanvas(size)
  const ground = drawBackground(canvas, draw)
  const things = [
    { shape: cornered[draw.integer(cornered.length)] as Shape, colour: standingOut(ground, draw) },
    { shape: shapes.disc as Shape, colour: hsv(draw.uniform(), 0.06, 0.95) },
  ]
  const scene = drawScene(motions[drawnLabel(task, index)] as Motion, draw)
  return frames.map((frame) => {
    const picture = { size, data: new Float32Array(canvas.data) }
    const places = scene(frame / (drawnFrames - 1))
    for (const [i, place] of [...places.entries()].reverse()) {
      const { shape, colour } = things[i] as (typeof things)[number]
      drawShape(picture, shape, place, colour)
    }
    return toPixels(picture)
  })
}
