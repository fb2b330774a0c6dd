import { roundHalfEven } from '../../round-half-even.ts'
import type { Pixels } from '../../sources/pixels.ts'

/** Shares of `full` by a divisor in units of 2^-12, 0 for none. */
function reciprocals(full: number): Int32Array {
  const table = Int32Array.from({ length: 256 }, (_, i) => roundHalfEven((full * 4096) / i))
  table[0] = 0
  return table
}

const saturations = reciprocals(255)
const hues = reciprocals(180 / 6)
const half = 2048

/**
 * Converts RGB bytes to hue (0 to 179), saturation and value (0 to 255) in bytes, as OpenCV does: exact for
 * all colours. With V = max and D = max - min, S = 255 D / V and H = 30 h / D, where h is G - B, B - R + 2 D
 * or R - G + 4 D as V is red, green or blue.
 */
export function toHsv({ width, height, data }: Pixels): Pixels {
  const out = new Uint8Array(data.length)
  for (let i = 0; i < data.length; i += 3) {
    const [r, g, b] = [data[i] ?? 0, data[i + 1] ?? 0, data[i + 2] ?? 0]
    const value = Math.max(r, g, b)
    const range = value - Math.min(r, g, b)
    const sector = value === r ? g - b : value === g ? b - r + 2 * range : r - g + 4 * range
    const hue = (sector * (hues[range] ?? 0) + half) >> 12
    out[i] = hue < 0 ? hue + 180 : hue
    out[i + 1] = (range * (saturations[value] ?? 0) + half) >> 12
    out[i + 2] = value
  }
  return { width, height, data: out }
}

/** Converts hue, saturation and value in bytes, as `toHsv` gives them, to RGB, rounded to the nearest. */
export function fromHsv({ width, height, data }: Pixels): Pixels {
  const out = new Uint8ClampedArray(data.length)
  for (let i = 0; i < data.length; i += 3) {
    const hue = (data[i] ?? 0) / 30
    const saturation = (data[i + 1] ?? 0) / 255
    const value = data[i + 2] ?? 0
    const sector = Math.floor(hue)
    const fraction = hue - sector
    const p = value * (1 - saturation)
    const q = value * (1 - saturation * fraction)
    const t = value * (1 - saturation * (1 - fraction))
    const [r, g, b] = bySector(sector % 6, value, p, q, t)
    out[i] = r
    out[i + 1] = g
    out[i + 2] = b
  }
  return { width, height, data: new Uint8Array(out.buffer) }
}

type Three = readonly [number, number, number]

function bySector(sector: number, v: number, p: number, q: number, t: number): Three {
  if (sector === 0) return [v, t, p]
  if (sector === 1) return [q, v, p]
  if (sector === 2) return [p, v, t]
  if (sector === 3) return [p, q, v]
  if (sector === 4) return [t, p, v]
  return [v, p, q]
}
