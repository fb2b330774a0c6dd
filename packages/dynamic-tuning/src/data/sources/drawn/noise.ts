/** A smooth random field over the plane, values in [0, 1]. */
export type Noise = (x: number, y: number) => number

/** Value noise: random heights at integer points, smoothly interpolated. */
export function valueNoise(seed: number): Noise {
  return (x, y) => valueAt(x, y, seed)
}

/** Fractal noise: `octaves` layers, each twice as fine and half as strong as the previous one. */
export function fractalNoise(seed: number, octaves: number): Noise {
  const total = 2 - 2 ** (1 - octaves)
  return (x, y) => {
    let sum = 0
    for (let octave = 0, strength = 1, scale = 1; octave < octaves; octave++, strength /= 2, scale *= 2.03) {
      sum += strength * valueAt(x * scale, y * scale, seed + octave * 7919)
    }
    return sum / total
  }
}

/** Interpolates linearly from a (t = 0) to b (t = 1). */
export function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t
}

/** 0 below `low`, 1 above `high`, smooth between. */
export function smoothstep(low: number, high: number, x: number): number {
  const t = Math.min(1, Math.max(0, (x - low) / (high - low)))
  return t * t * (3 - 2 * t)
}

function valueAt(x: number, y: number, seed: number): number {
  const ix = Math.floor(x)
  const iy = Math.floor(y)
  const u = ease(x - ix)
  const v = ease(y - iy)
  const row = (Math.imul(iy, 668265263) + Math.imul(seed, 1274126177)) | 0
  const column = Math.imul(ix, 374761393)
  const below = (row + 668265263) | 0
  const right = (column + 374761393) | 0
  const top = mix(scramble(row + column), scramble(row + right), u)
  return mix(top, mix(scramble(below + column), scramble(below + right), u), v)
}

function ease(t: number): number {
  return t * t * (3 - 2 * t)
}

/** Hashes an integer to a number in [0, 1). */
function scramble(place: number): number {
  let hash = Math.imul(place ^ (place >>> 15), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 4294967296
}
