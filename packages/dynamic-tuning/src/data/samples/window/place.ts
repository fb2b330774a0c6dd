import type { Size } from '../../sources/decode.ts'

/** The left upper corner of a window, in pixels of the resized picture. */
export interface WindowCorner {
  readonly left: number
  readonly top: number
}

/** The windows of a picture at one scale. */
export interface WindowPart {
  /** Size of the picture that the windows are cut from. */
  readonly resized: Size
  /** True if the picture was mirrored left to right. */
  readonly mirrored: boolean
  /** Their corners; every window has the size `WindowPlace.window`. */
  readonly windows: readonly WindowCorner[]
}

/** Where the windows of an example lie: what is needed to stitch their outputs. */
export interface WindowPlace {
  /** Size of the picture as stored, which is that of its labels. */
  readonly original: Size
  /** Size of every window: that of the model's input. */
  readonly window: Size
  /** One per scale and mirroring; the windows of all parts are rows of the batch, in this order. */
  readonly parts: readonly WindowPart[]
}

/** Number of rows of a batch that belong to an example. */
export function rowsOf({ parts }: Pick<WindowPlace, 'parts'>): number {
  return parts.reduce((sum, { windows }) => sum + windows.length, 0)
}
