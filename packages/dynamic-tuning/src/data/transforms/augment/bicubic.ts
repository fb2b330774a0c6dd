import type { Sampler } from './affine.ts'

/**
 * A sampler that interpolates cubically between 16 pixels (a = -1), as PIL's transforms do: outside of the
 * image is the grey value `fill`, and beyond its borders the border's pixels are repeated.
 */
export function bicubic(fill: number): Sampler {
  return ({ width, height, data }, x, y, out, o) => {
    if (x < 0 || y < 0 || x >= width || y >= height) {
      out.fill(fill, o, o + 3)
      return
    }
    const left = Math.floor(x - 0.5)
    const top = Math.floor(y - 0.5)
    const column = (k: number): number => clamp(left - 1 + k, width) * 3
    const row = (k: number): number => clamp(top - 1 + k, height) * width * 3
    const [u, v] = [x - 0.5 - left, y - 0.5 - top]
    const [x0, x1, x2, x3] = [column(0), column(1), column(2), column(3)]
    for (let c = 0; c < 3; c++) {
      const across = (k: number): number => {
        const at = row(k) + c
        return cubic(data[at + x0] ?? 0, data[at + x1] ?? 0, data[at + x2] ?? 0, data[at + x3] ?? 0, u)
      }
      const value = cubic(across(0), across(1), across(2), across(3), v)
      out[o + c] = Math.min(255, Math.max(0, value))
    }
  }
}

/** The cubic through q and r at t = 0 and 1, with the slopes (r - p) and (s - q) there. */
function cubic(p: number, q: number, r: number, s: number, t: number): number {
  return q + t * (r - p + t * (2 * (p - q) + r - s + t * (q - p + s - r)))
}

/** The nearest of 0 ... size - 1. */
function clamp(at: number, size: number): number {
  return Math.min(size - 1, Math.max(0, at))
}
