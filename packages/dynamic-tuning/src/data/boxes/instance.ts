import type { CornerBox } from './run-lengths.ts'
import type { CocoSegmentation } from './segmentation.ts'

/** An object in a picture. */
export interface Instance {
  /** Its class, by number from 0. */
  readonly class: number
  /** Within the picture, in pixels. */
  readonly box: CornerBox
  /** Pixels that it covers; it decides on the object's size in COCO's figures. */
  readonly area: number
  /** True for a group of things that are not told apart. */
  readonly crowd: boolean
  readonly outline?: CocoSegmentation
}

/** A picture and the objects in it. */
export interface BoxedImage {
  /** As its file of annotations numbers it. */
  readonly id: number
  /** Path of its file, as written there. */
  readonly file: string
  readonly height: number
  readonly width: number
  readonly instances: readonly Instance[]
}

/** Rows and columns of a picture. */
export type PictureSize = Pick<BoxedImage, 'height' | 'width'>
