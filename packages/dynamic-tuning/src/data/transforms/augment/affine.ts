import type { Pixels } from '../../sources/pixels.ts'

/**
 * Maps the result's pixel (x, y), relative to the centre, to its source: (a x + b y + tx, c x + d y + ty).
 */
export interface Affine {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
  readonly tx: number
  readonly ty: number
}

const still: Affine = { a: 1, b: 0, c: 0, d: 1, tx: 0, ty: 0 }

/** Rotates clockwise about the centre. */
export function rotation(degrees: number): Affine {
  const angle = (degrees * Math.PI) / 180
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  return { ...still, a: cos, b: sin, c: -sin, d: cos }
}

/** Moves the content right and down, in pixels. */
export function translation(dx: number, dy: number): Affine {
  return { ...still, tx: -dx, ty: -dy }
}

/** Shears the image: x from x + sx y, y from y + sy x. */
export function shear(sx: number, sy: number): Affine {
  return { ...still, b: sx, c: sy }
}

/** Transforms an image about its centre, bilinear; pixels outside are the grey value `fill`. */
export function affine(image: Pixels, { a, b, c, d, tx, ty }: Affine, fill = 0): Pixels {
  const { width, height } = image
  const out = new Uint8Array(image.data.length)
  const [midX, midY] = [(width - 1) / 2, (height - 1) / 2]
  let o = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, o += 3) {
      const fromX = a * (x - midX) + b * (y - midY) + tx + midX
      const fromY = c * (x - midX) + d * (y - midY) + ty + midY
      sample(image, fromX, fromY, fill, out, o)
    }
  }
  return { width, height, data: out }
}

/** Interpolates the colour at (x, y) from four pixels into `out` at `o`; pixels outside are `fill`. */
function sample(
  { width, height, data }: Pixels,
  x: number,
  y: number,
  fill: number,
  out: Uint8Array,
  o: number,
): void {
  const left = Math.floor(x)
  const top = Math.floor(y)
  const [u, v] = [x - left, y - top]
  let [r, g, b] = [0.5, 0.5, 0.5]
  for (let corner = 0; corner < 4; corner++) {
    const px = left + (corner & 1)
    const py = top + (corner >> 1)
    const weight = (corner & 1 ? u : 1 - u) * (corner >> 1 ? v : 1 - v)
    if (px < 0 || py < 0 || px >= width || py >= height) {
      r += weight * fill
      g += weight * fill
      b += weight * fill
      continue
    }
    const i = (py * width + px) * 3
    r += weight * (data[i] as number)
    g += weight * (data[i + 1] as number)
    b += weight * (data[i + 2] as number)
  }
  out[o] = r
  out[o + 1] = g
  out[o + 2] = b
}
