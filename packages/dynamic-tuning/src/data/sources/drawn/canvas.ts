import type { Pixels } from '../pixels.ts'

/** Red, green, blue, 0 to 255. */
export type Colour = readonly [number, number, number]

/** A square picture being drawn: [size, size, 3], 0 to 255. Coordinates are in [0, 1], y downwards. */
export interface Canvas {
  readonly size: number
  readonly data: Float32Array
}

/** A region of a canvas, in units of its side. */
export interface Region {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

const everywhere: Region = { left: 0, top: 0, right: 1, bottom: 1 }

/** An empty canvas. */
export function createCanvas(size: number): Canvas {
  return { size, data: new Float32Array(size * size * 3) }
}

/** Sets every pixel of `region` to the colour that `shade` writes to `out`, given the pixel's centre. */
export function shadeEach(
  { size, data }: Canvas,
  shade: (x: number, y: number, out: Float32Array) => void,
  region: Region = everywhere,
): void {
  const out = new Float32Array(3)
  const [x0, x1] = span(region.left, region.right, size)
  const [y0, y1] = span(region.top, region.bottom, size)
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const at = (y * size + x) * 3
      out[0] = data[at] as number
      out[1] = data[at + 1] as number
      out[2] = data[at + 2] as number
      shade((x + 0.5) / size, (y + 0.5) / size, out)
      data[at] = out[0] as number
      data[at + 1] = out[1] as number
      data[at + 2] = out[2] as number
    }
  }
}

/** Blends `colour` over the pixels of `region`; `coverage` is 0 for nothing, 1 for all. */
export function cover(
  canvas: Canvas,
  region: Region,
  colour: Colour,
  coverage: (x: number, y: number) => number,
): void {
  shadeEach(
    canvas,
    (x, y, out) => {
      const amount = coverage(x, y)
      if (amount > 0) blend(out, colour, amount)
    },
    region,
  )
}

/** Blends `out` with `colour`; `amount` is limited to [0, 1]. */
export function blend(out: Float32Array, colour: Colour | Float32Array, amount: number): void {
  const share = amount < 0 ? 0 : Math.min(amount, 1)
  for (let c = 0; c < 3; c++)
    out[c] = (out[c] as number) + ((colour[c] as number) - (out[c] as number)) * share
}

/**
 * Share of a pixel inside an edge at signed distance `distance` (negative inside), for a canvas of `size`.
 */
export function inside(distance: number, size: number): number {
  const amount = 0.5 - distance * size
  return amount < 0 ? 0 : Math.min(amount, 1)
}

/** The finished picture, rounded to bytes. */
export function toPixels({ size, data }: Canvas): Pixels {
  return { width: size, height: size, data: new Uint8Array(Uint8ClampedArray.from(data).buffer) }
}

function span(from: number, to: number, size: number): [number, number] {
  return [Math.max(0, Math.floor(from * size)), Math.min(size, Math.ceil(to * size))]
}
