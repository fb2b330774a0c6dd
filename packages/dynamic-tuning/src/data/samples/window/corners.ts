import type { Size } from '../../sources/decode.ts'
import type { WindowCorner } from './place.ts'

/**
 * Where windows start along an axis: ceil(max(length - window, 0) / stride) + 1 of them, in steps of the
 * stride; the last one is moved back to end with the axis. One that is longer than the axis starts at 0.
 */
export function windowStarts(length: number, window: number, stride: number): number[] {
  const room = Math.max(length - window, 0)
  return Array.from({ length: Math.ceil(room / stride) + 1 }, (_, i) => Math.min(i * stride, room))
}

/** Corners of the windows that cover a picture, row by row, as mmsegmentation has them. Sizes in pixels. */
export function windowCorners(picture: Size, window: Size, stride: Size): WindowCorner[] {
  const across = windowStarts(picture.width, window.width, stride.width)
  return windowStarts(picture.height, window.height, stride.height).flatMap((top) =>
    across.map((left) => ({ left, top })),
  )
}
