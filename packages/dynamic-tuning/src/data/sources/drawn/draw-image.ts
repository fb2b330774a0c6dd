import { random } from '@dynamic-tuning/engine'
import { ConfigError } from '../../../errors.ts'
import type { LabelMap } from '../../label-map.ts'
import type { Pixels } from '../pixels.ts'
import { createCanvas, toPixels } from './canvas.ts'
import { emptyLabels } from './scenes/scene.ts'
import { drawnTask } from './tasks.ts'

/** The default side of drawn images, in pixels. */
export const drawnSize = 64

/** The class of a drawn image or clip: classes alternate. */
export function drawnLabel(task: string, index: number): number {
  return index % drawnTask(task).classes.length
}

/**
 * Indices of the classes in image `index` of a task with several labels, ascending.
 * @throws ConfigError for any other task
 */
export function drawnLabels(name: string, seed: number, index: number): readonly number[] {
  const task = drawnTask(name)
  if (task.kind === 'labels') return task.labels(random(seed, 'labels', name, index))
  throw new ConfigError(`draw: builtin:${name} has one class per image. Choose a task with several labels.`)
}

/**
 * The classes of the pixels of image `index` of a task that has them, for an image of the same `size`.
 * @throws ConfigError for any other task
 */
export function drawLabelMap(name: string, seed: number, index: number, size = drawnSize): LabelMap {
  const task = drawnTask(name)
  if (task.kind !== 'map') throw new ConfigError(`draw: builtin:${name} has no masks. Choose builtin:scenes.`)
  const labels = emptyLabels(size)
  task.draw(createCanvas(size), labels, random(seed, 'draw', name, index))
  return labels
}

/**
 * Draws image `index` of a task, `size` x `size` pixels. Depends only on its arguments; the picture is
 * the same at every size, only finer.
 * @throws ConfigError for a task of clips
 */
export function drawImage(name: string, seed: number, index: number, size = drawnSize): Pixels {
  const task = drawnTask(name)
  const canvas = createCanvas(size)
  const draw = random(seed, 'draw', name, index)
  if (task.kind === 'class') task.draw(canvas, drawnLabel(name, index), draw)
  else if (task.kind === 'labels') task.draw(canvas, drawnLabels(name, seed, index), draw)
  else if (task.kind === 'map') task.draw(canvas, emptyLabels(size), draw)
  else throw new ConfigError(`draw: builtin:${name} has clips, expected a task of images.`)
  return toPixels(canvas)
}
