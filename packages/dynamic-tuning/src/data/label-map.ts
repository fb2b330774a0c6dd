/** The class of every pixel of a picture. Can be sent to a worker. */
export interface LabelMap {
  readonly width: number
  readonly height: number
  /** Class numbers from 0, row by row; `ignoredLabel` where a pixel has no class. */
  readonly data: Uint16Array<ArrayBuffer>
}

/** True for a label map among truths of any kind. */
export function isLabelMap(truth: unknown): truth is LabelMap {
  return typeof truth === 'object' && truth !== null && 'data' in truth && truth.data instanceof Uint16Array
}

/** The value of pixels that count neither in the loss nor in measures. */
export const ignoredLabel = 65535
