import { ignoredLabel, type LabelMap } from '../../../label-map.ts'
import { blend, type Canvas, inside, shadeEach } from '../canvas.ts'
import { fillBelow, type Skyline } from '../ridge.ts'
import type { Placement, Shape } from '../shapes.ts'

/** A picture being drawn, and the class of every pixel of it. */
export interface Scene {
  readonly canvas: Canvas
  readonly labels: LabelMap
}

/** Writes the colour of a point, given in units of a shape's radius around its centre, to `out`. */
export type Shade = (x: number, y: number, out: Float32Array) => void

/** Labels of the size of a canvas, all of class 0. */
export const emptyLabels = (size: number): LabelMap => ({
  width: size,
  height: size,
  data: new Uint16Array(size * size),
})

/** Draws a shape; pixels of which it covers half or more are of class `label`. */
export function stamp(
  { canvas, labels }: Scene,
  label: number,
  shape: Shape,
  place: Placement,
  shade: Shade,
): void {
  const { size } = canvas
  const { x, y, radius, angle } = place
  const [cos, sin] = [Math.cos(angle) / radius, Math.sin(angle) / radius]
  const reach = radius * 1.35
  const colour = new Float32Array(3)
  shadeEach(
    canvas,
    (px, py, out) => {
      const [u, v] = [(px - x) * cos + (py - y) * sin, (py - y) * cos - (px - x) * sin]
      const amount = inside(radius * shape(u, v), size)
      if (amount <= 0) return
      colour.set(out)
      shade(u, v, colour)
      blend(out, colour, amount)
      if (amount >= 0.5) labels.data[pixelAt(px, py, size)] = label
    },
    { left: x - reach, top: y - reach, right: x + reach, bottom: y + reach },
  )
}

/** Fills everything below a skyline, as `fillBelow`, with class `label`. */
export function fillLand(
  { canvas, labels }: Scene,
  label: number,
  skyline: Skyline,
  shade: Parameters<typeof fillBelow>[2],
): void {
  fillBelow(canvas, skyline, (x, y, depth, out) => {
    shade(x, y, depth, out)
    if (depth >= 0) labels.data[pixelAt(x, y, canvas.size)] = label
  })
}

const pixelAt = (x: number, y: number, size: number): number =>
  Math.floor(y * size) * size + Math.floor(x * size)

/** Ignores pixels whose right or lower neighbour is of another class, as annotators leave edges open. */
export function ignoreEdges({ width, height, data }: LabelMap): void {
  const whole = data.slice()
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const right = x + 1 < width && whole[at + 1] !== whole[at]
      const below = y + 1 < height && whole[at + width] !== whole[at]
      if (right || below) data[at] = ignoredLabel
    }
}
