import type { Pixels } from '../sources/pixels.ts'

/** A 13 x 9 image with strong contrasts; the reference values from Pillow were computed on the same image. */
export function pattern(width = 13, height = 9): Pixels {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const c = i % 3
    const x = Math.floor(i / 3) % width
    const y = Math.floor(i / 3 / width)
    return ((x + y) % 3 === 0 ? x * 19 + c * 11 : x * 37 + y * 91 + c * 53 + x * y * 7) % 256
  })
  return { width, height, data }
}
