import type { Pixels } from '../../sources/pixels.ts'

/** Mirrors an image left to right. */
export function flip({ width, height, data }: Pixels): Pixels {
  const out = new Uint8Array(data.length)
  for (let y = 0; y < height; y++) {
    let from = ((y + 1) * width - 1) * 3
    const end = (y + 1) * width * 3
    for (let to = y * width * 3; to < end; to += 3, from -= 3) {
      out[to] = data[from] as number
      out[to + 1] = data[from + 1] as number
      out[to + 2] = data[from + 2] as number
    }
  }
  return { width, height, data: out }
}
