import { blend, type Canvas, type Colour, inside, shadeEach } from './canvas.ts'

/** The height of a skyline at x: its y on the canvas (smaller is higher). */
export type Skyline = (x: number) => number

/**
 * Fills everything below a skyline with the colour that `shade` writes, given a point and
 * its distance below the skyline.
 */
export function fillBelow(
  canvas: Canvas,
  skyline: Skyline,
  shade: (x: number, y: number, depth: number, out: Float32Array) => void,
): void {
  const { size } = canvas
  const tops = Float64Array.from({ length: size }, (_, i) => skyline((i + 0.5) / size))
  const top = Math.max(0, tops.reduce((a, b) => Math.min(a, b)) - 1 / size)
  const colour = new Float32Array(3)
  shadeEach(
    canvas,
    (x, y, out) => {
      const depth = y - (tops[Math.floor(x * size)] ?? 0)
      const amount = inside(-depth, size)
      if (amount <= 0) return
      colour.set(out)
      shade(x, y, depth, colour)
      blend(out, colour, amount)
    },
    { left: 0, top, right: 1, bottom: 1 },
  )
}

/** Writes `colour` times `brightness` to `out`. */
export function paint(out: Float32Array, colour: Colour, brightness: number): void {
  out[0] = colour[0] * brightness
  out[1] = colour[1] * brightness
  out[2] = colour[2] * brightness
}
