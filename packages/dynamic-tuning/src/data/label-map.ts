/** The class of every pixel of a picture. Can be sent to a worker. */
export interface LabelMap {
  readonly width: number
  readonly height: number
  /** Class numbers from 0, row by row; `ignoredLabel` where a pixel has no class. */
  readonly data: Uint16Array<ArrayBuffer>
}

/** The value of pixels that count neither in the loss nor in measures. */
export const ignoredLabel = 65535
