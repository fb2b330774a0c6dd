import type { Random } from '@dynamic-tuning/engine'
import type { Pixels } from '../../sources/pixels.ts'
import { type Box, resize } from '../resize.ts'

/** Limits for a random box. */
export interface CropRange {
  /** Share of the image's area. */
  readonly scale: readonly [number, number]
  /** Width / height. */
  readonly ratio: readonly [number, number]
  /** Cuts a box that is wider or higher than the image to it, instead of drawing another one. */
  readonly clamped?: boolean
}

interface Size {
  readonly height: number
  readonly width: number
}

/**
 * The box of torchvision's RandomResizedCrop: area uniform in `scale`, log of the aspect ratio uniform; after
 * ten boxes that do not fit, the largest centred box with an allowed ratio. If `clamped`, that of the code of
 * MAE, AdaptFormer and Dynamic Tuning (util/crop.py): the first box, cut to the image's size.
 */
export function randomBox({ height, width }: Size, range: CropRange, draw: Random): Box {
  const { scale, ratio, clamped = false } = range
  const [least, most] = [Math.log(ratio[0]), Math.log(ratio[1])]
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = height * width * (scale[0] + (scale[1] - scale[0]) * draw.uniform())
    const aspect = Math.exp(least + (most - least) * draw.uniform())
    const [wide, high] = [Math.round(Math.sqrt(area * aspect)), Math.round(Math.sqrt(area / aspect))]
    const w = clamped ? Math.min(wide, width) : wide
    const h = clamped ? Math.min(high, height) : high
    if (w < 1 || h < 1 || w > width || h > height) continue
    return { top: draw.integer(height - h + 1), left: draw.integer(width - w + 1), height: h, width: w }
  }
  const w = Math.max(1, Math.min(width, Math.round(height * ratio[1])))
  const h = Math.max(1, Math.min(height, Math.round(width / ratio[0])))
  return { top: (height - h) >> 1, left: (width - w) >> 1, height: h, width: w }
}

/** Resizes a random box of the image to `size` (bicubic). */
export function randomResizedCrop(image: Pixels, size: Size, range: CropRange, draw: Random): Pixels {
  return resize(image, { ...size, box: randomBox(image, range, draw) })
}

/** Shifts the image by up to `padding` pixels in each direction, with black at the border. */
export function randomCrop({ width, height, data }: Pixels, padding: number, draw: Random): Pixels {
  const dy = draw.integer(2 * padding + 1) - padding
  const dx = draw.integer(2 * padding + 1) - padding
  const out = new Uint8Array(data.length)
  const from = Math.max(0, dx)
  const count = Math.max(0, width - Math.abs(dx))
  for (let y = Math.max(0, -dy); y < Math.min(height, height - dy); y++) {
    const start = ((y + dy) * width + from) * 3
    out.set(data.subarray(start, start + count * 3), (y * width + Math.max(0, -dx)) * 3)
  }
  return { width, height, data: out }
}

/** Minimum and maximum factor between the wanted size and the resized shorter side. */
export type ShortSide = readonly [number, number]

/**
 * Resizes the shorter side to a random integer in size * range, the longer one in proportion, rounded down;
 * then crops a random box of `size`: the short side jitter of video training (arXiv:1711.07971, PySlowFast),
 * from 224 to 256 pixels for the range [1, 256 / 224].
 */
export function shortSideJitter(image: Pixels, size: Size, [low, high]: ShortSide, draw: Random): Pixels {
  const factor = low + (high - low) * draw.uniform()
  const scale = Math.max(
    Math.round(size.height * factor) / image.height,
    Math.round(size.width * factor) / image.width,
  )
  const height = Math.max(size.height, Math.floor(image.height * scale + 1e-6))
  const width = Math.max(size.width, Math.floor(image.width * scale + 1e-6))
  const top = draw.integer(height - size.height + 1)
  const left = draw.integer(width - size.width + 1)
  return resize(image, { height, width, window: { top, left, height: size.height, width: size.width } })
}
