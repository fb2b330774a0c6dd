/** An 8-bit RGB image: `data` is [height, width, 3], row by row. */
export interface Pixels {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}
