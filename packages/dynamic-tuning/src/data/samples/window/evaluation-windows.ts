import type { Size } from '../../sources/decode.ts'
import type { Pixels } from '../../sources/pixels.ts'
import { flip } from '../../transforms/augment/flip.ts'
import type { Normaliser } from '../../transforms/normalise.ts'
import { cut, resizeBilinear } from '../../transforms/windows/bilinear.ts'
import { type SideLimits, scaledSize } from '../../transforms/windows/scaled-size.ts'
import type { RowMemory } from '../sample.ts'
import { windowCorners } from './corners.ts'
import type { WindowPart, WindowPlace } from './place.ts'
import type { WindowSettings } from './settings.ts'

/** How a picture is evaluated. */
export interface EvaluationWindowSettings
  extends Pick<WindowSettings, 'windows' | 'scales' | 'flipTest' | 'stride'> {
  /** Limits of the sides that pictures are resized to, before the scales. */
  readonly base: SideLimits
}

/** Step between windows if none is given: 2/3 of their size, 341 of 512 as in mmsegmentation. */
export const usualStride = (side: number): number => Math.max(1, Math.floor((2 * side) / 3))

/**
 * Where the windows of a picture lie in evaluation. `slide`: at each scale the picture is fitted into the
 * limits and covered with windows; one that is smaller than a window has a single one, which reaches beyond
 * it. `whole`: the picture takes the size of a window, whatever its shape.
 */
export function evaluationWindows(
  original: Size,
  { base, windows: way, scales, flipTest, stride }: EvaluationWindowSettings,
  window: Size,
): WindowPlace {
  const step = { width: stride ?? usualStride(window.width), height: stride ?? usualStride(window.height) }
  const whole = { resized: window, windows: [{ left: 0, top: 0 }] }
  const slide = (scale: number) => {
    const resized = scaledSize(original, base, scale)
    return { resized, windows: windowCorners(resized, window, step) }
  }
  const parts = way === 'whole' ? [whole] : scales.map(slide)
  const mirrorings = flipTest ? [false, true] : [false]
  return {
    original: { width: original.width, height: original.height },
    window: { width: window.width, height: window.height },
    parts: parts.flatMap((part) => mirrorings.map((mirrored): WindowPart => ({ ...part, mirrored }))),
  }
}

/** Writes the windows of a picture, one row after the other; zero where they reach beyond it. */
export function writeWindows(
  picture: Pixels,
  { parts, window }: WindowPlace,
  normalise: Normaliser,
  { out, offset }: RowMemory,
): void {
  const length = 3 * window.width * window.height
  let at = offset
  for (const { resized, mirrored, windows } of parts) {
    const part = resizeBilinear(picture, resized)
    const turned = mirrored ? flip(part) : part
    for (const { left, top } of windows) {
      const width = Math.min(window.width, resized.width - left)
      const height = Math.min(window.height, resized.height - top)
      normalise(cut(turned, { left, top, width, height }), out, at)
      at += length
    }
  }
}
