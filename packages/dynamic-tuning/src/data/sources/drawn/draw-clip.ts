import { random } from '@dynamic-tuning/engine'
import { ConfigError } from '../../../errors.ts'
import { pick } from '../../pick.ts'
import type { Pixels } from '../pixels.ts'
import { drawBackground } from './background.ts'
import { createCanvas, toPixels } from './canvas.ts'
import { hsv, standingOut } from './colour.ts'
import { drawnLabel, drawnSize } from './draw-image.ts'
import { drawScene } from './motion.ts'
import { arrow, drawShape, type Shape, shapes } from './shapes.ts'
import { drawnTask } from './tasks.ts'

/** Number of frames of a drawn clip. */
export const drawnFrames = 32

/** Shapes whose rotation is visible. */
const cornered: readonly Shape[] = [shapes.square, shapes.triangle, shapes.star, shapes.cross, arrow]

/**
 * Draws frames (0 to `drawnFrames` - 1) of clip `index` of a task, `size` x `size` pixels: a vivid shape that
 * moves according to the class, and a pale disc, on a textured background. Depends only on its arguments.
 * @throws ConfigError for a task of images
 */
export function drawClip(
  name: string,
  seed: number,
  index: number,
  frames: readonly number[],
  size = drawnSize,
): Pixels[] {
  const task = drawnTask(name)
  const motion = task.kind === 'clip' ? task.motions[drawnLabel(name, index)] : undefined
  if (motion === undefined)
    throw new ConfigError(`draw: builtin:${name} has images, expected a task of clips.`)
  const draw = random(seed, 'draw', name, index)
  const canvas = createCanvas(size)
  const ground = drawBackground(canvas, draw)
  const shape = pick(cornered, draw)
  const [lively, pale] = [standingOut(ground, draw), hsv(draw.uniform(), 0.06, 0.95)]
  const scene = drawScene(motion, draw)
  return frames.map((frame) => {
    const picture = { size, data: new Float32Array(canvas.data) }
    const [first, second] = scene(frame / (drawnFrames - 1))
    drawShape(picture, shapes.disc, second, pale)
    drawShape(picture, shape, first, lively)
    return toPixels(picture)
  })
}
