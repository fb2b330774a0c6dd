import type { Random } from '@dynamic-tuning/engine'
import type { Canvas } from './canvas.ts'

/** A classification task whose images are drawn. */
export interface DrawnTask {
  readonly classes: readonly string[]
  /** Draws an image of class `label`; everything random comes from `draw`. */
  draw(canvas: Canvas, label: number, draw: Random): void
}
