import type { Size } from '../sources/decode.ts'
import type { Pixels } from '../sources/pixels.ts'

/** Size of a model's input, and its mean and deviation per channel, of values in [0, 1]. */
export interface NormaliseSettings extends Size {
  readonly mean: readonly [number, number, number]
  readonly std: readonly [number, number, number]
}

/** Writes a picture as [3, height, width] to `out`, starting at `offset`. */
export type Normaliser = (image: Pixels, out: Float32Array, offset: number) => void

/**
 * Converts bytes to normalised floats in separate planes, using a table of 256 values per channel. Where the
 * picture is smaller, zeros (the mean colour) follow at the right and at the bottom.
 */
export function normaliser({ mean, std, height, width }: NormaliseSettings): Normaliser {
  const tables = mean.map((middle, c) =>
    Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - middle) / (std[c] ?? 1)),
  )
  const plane = height * width
  return (image, out, offset) => {
    const { data } = image
    if (image.width < width || image.height < height) out.fill(0, offset, offset + 3 * plane)
    for (const [c, table] of tables.entries())
      for (let y = 0, p = c; y < image.height; y++) {
        const start = offset + c * plane + y * width
        for (let i = start; i < start + image.width; i++, p += 3) out[i] = table[data[p] ?? 0] ?? 0
      }
  }
}
