import { random } from '@dynamic-tuning/engine'
import { ConfigError } from '../../../errors.ts'
import type { Pixels } from '../pixels.ts'
import { createCanvas, toPixels } from './canvas.ts'
import { clipTasks } from './clip-tasks.ts'
import { count, location, orientation } from './figures.ts'
import type { ClipTask } from './motions.ts'
import { nature } from './nature.ts'
import type { DrawnTask } from './task.ts'

/** The drawn tasks by name. */
export const drawnTasks: Readonly<Record<string, DrawnTask>> = { count, location, orientation, nature }

/** The side of drawn images where nothing is said, in pixels. */
export const drawnSize = 64

/** The classes of a drawn task, of images or of clips. @throws ConfigError if there is none of that name */
export function drawnClasses(name: string): readonly string[] {
  return Object.hasOwn(clipTasks, name) ? Object.keys(clipTasks[name] as ClipTask) : drawnTask(name).classes
}

/** The task of images of that name. @throws ConfigError if there is none */
export function drawnTask(name: string): DrawnTask {
  const task = Object.hasOwn(drawnTasks, name) ? drawnTasks[name] : undefined
  if (task) return task
  const known = [...Object.keys(drawnTasks), ...Object.keys(clipTasks)].map((each) => `builtin:${each}`)
  throw new ConfigError(`dataset: there is no builtin:${name}. Choose one of ${known.join(', ')}.`)
}

/** The class of a drawn image or clip: classes take turns. */
export function drawnLabel(task: string, index: number): number {
  return index % drawnClasses(task).length
}

/**
 * Draws image `index` of a task, `size` x `size` pixels: a function of its arguments only. The picture is the same at
 * every size, only finer.
 */
export function drawImage(task: string, seed: number, index: number, size = drawnSize): Pixels {
  const canvas = createCanvas(size)
  drawnTask(task).draw(canvas, drawnLabel(task, index), random(seed, 'draw', task, index))
  return toPixels(canvas)
}
