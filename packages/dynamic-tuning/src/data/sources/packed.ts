import type { PackedSource } from '../example.ts'
import type { Pixels } from './pixels.ts'

/** Size of a packed image in bytes. */
export function packedSize({ width, height }: Pick<PackedSource, 'width' | 'height'>): number {
  return 3 * width * height
}

/**
 * Converts the three planes of a packed image, [3, height, width] or [3, width, height],
 * to pixels [height, width, 3].
 */
export function unpack(bytes: Uint8Array, { width, height, plane }: PackedSource): Pixels {
  const data = new Uint8Array(packedSize({ width, height }))
  const [alongX, alongY] = plane === 'rows' ? [1, width] : [height, 1]
  for (let channel = 0; channel < 3; channel++) {
    const start = channel * width * height
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        data[(y * width + x) * 3 + channel] = bytes[start + y * alongY + x * alongX] as number
      }
    }
  }
  return { width, height, data }
}
