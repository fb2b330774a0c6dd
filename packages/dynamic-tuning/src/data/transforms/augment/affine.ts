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

/**
 * Writes the colour at (x, y) of an image to `out` at `o`. The first pixel's centre is at (1/2, 1/2), the
 * image's corner at (width, height).
 */
export type Sampler = (image: Pixels, x: number, y: number, out: Uint8Array, o: number) => void

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

/** Shears the image about its centre: x from x + sx y, y from y + sy x. */
export function shear(sx: number, sy: number): Affine {
  return { ...still, b: sx, c: sy }
}

/** The same shear about the top left corner of an image. */
export function cornerShear(
  sx: number,
  sy: number,
  { width, height }: Pick<Pixels, 'width' | 'height'>,
): Affine {
  return { ...shear(sx, sy), tx: (sx * height) / 2, ty: (sy * width) / 2 }
}

/** Transforms an image about its centre; bilinear with black around the image unless `sample` says else. */
export function affine(image: Pixels, { a, b, c, d, tx, ty }: Affine, sample: Sampler = bilinear): Pixels {
  const { width, height } = image
  const out = new Uint8Array(image.data.length)
  const startX = tx + (width / 2 - (a * width) / 2 - (b * height) / 2)
  const startY = ty + (height / 2 - (c * width) / 2 - (d * height) / 2)
  let o = 0
  for (let row = 0.5; row < height; row++) {
    for (let column = 0.5; column < width; column++, o += 3)
      sample(image, a * column + b * row + startX, c * column + d * row + startY, out, o)
  }
  return { width, height, data: out }
}

/** Interpolates between four pixels; those outside are black. */
function bilinear({ width, height, data }: Pixels, x: number, y: number, out: Uint8Array, o: number): void {
  const left = Math.floor(x - 0.5)
  const top = Math.floor(y - 0.5)
  const [u, v] = [x - 0.5 - left, y - 0.5 - top]
  let [r, g, b] = [0.5, 0.5, 0.5]
  for (let corner = 0; corner < 4; corner++) {
    const px = left + (corner & 1)
    const py = top + (corner >> 1)
    if (px < 0 || py < 0 || px >= width || py >= height) continue
    const weight = (corner & 1 ? u : 1 - u) * (corner >> 1 ? v : 1 - v)
    const i = (py * width + px) * 3
    r += weight * (data[i] as number)
    g += weight * (data[i + 1] as number)
    b += weight * (data[i + 2] as number)
  }
  out[o] = r
  out[o + 1] = g
  out[o + 2] = b
}
