import type { Random } from '@dynamic-tuning/engine'
import type { LabelMap } from '../../label-map.ts'
import type { Canvas } from './canvas.ts'
import type { Motion } from './motion.ts'

/** Images of one class each; classes alternate. */
export interface ClassTask {
  readonly kind: 'class'
  readonly classes: readonly string[]
  /** Draws an image of class `label`; all randomness comes from `draw`. */
  draw(canvas: Canvas, label: number, draw: Random): void
}

/** Images with several labels each. */
export interface LabelsTask {
  readonly kind: 'labels'
  readonly classes: readonly string[]
  /** Draws at random which classes an image shows: their indices, ascending. */
  labels(draw: Random): readonly number[]
  /** Draws an image with exactly these classes. */
  draw(canvas: Canvas, labels: readonly number[], draw: Random): void
}

/** Clips of one class each, given by the motion; classes alternate. */
export interface ClipTask {
  readonly kind: 'clip'
  readonly classes: readonly string[]
  /** One motion per class. */
  readonly motions: readonly Motion[]
}

/** Images with a class for every pixel. */
export interface MapTask {
  readonly kind: 'map'
  readonly classes: readonly string[]
  /** Draws an image, and the classes of its pixels to `labels`, which are all 0 and of the canvas's size. */
  draw(canvas: Canvas, labels: LabelMap, draw: Random): void
}

/** A task whose images or clips are drawn at run time. */
export type DrawnTask = ClassTask | LabelsTask | ClipTask | MapTask
