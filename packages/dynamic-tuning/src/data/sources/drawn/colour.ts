import type { Random } from '@dynamic-tuning/engine'
import type { Colour } from './canvas.ts'

/** Hue in turns, saturation and value in [0, 1]. */
export function hsv(hue: number, saturation: number, value: number): Colour {
  const channel = (n: number): number => {
    const k = (n + hue * 6) % 6
    return 255 * (value - value * saturation * Math.max(0, Math.min(k, 4 - k, 1)))
  }
  return [channel(5), channel(3), channel(1)]
}

/** Interpolates between two colours. */
export function mixColour(a: Colour, b: Colour, t: number): Colour {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
}

/** Multiplies a colour by a factor per channel. */
export function tinted(a: Colour, tint: Colour): Colour {
  return [a[0] * tint[0], a[1] * tint[1], a[2] * tint[2]]
}

/** Changes every channel randomly by up to `amount`, and the brightness by as much again. */
export function jittered(a: Colour, amount: number, draw: Random): Colour {
  const all = (draw.uniform() * 2 - 1) * amount
  const one = (value: number): number => value + all + (draw.uniform() * 2 - 1) * amount
  return [one(a[0]), one(a[1]), one(a[2])]
}

/** Minimum and maximum of random values. */
type Range = readonly [least: number, greatest: number]

/** Returns a function that draws colours from ranges of hue (in turns, above -1), saturation and value. */
export const coloursIn =
  (hue: Range, saturation: Range, value: Range) =>
  (draw: Random): Colour => {
    const within = ([least, greatest]: Range): number => least + (greatest - least) * draw.uniform()
    return hsv(1 + within(hue), within(saturation), within(value))
  }

const lively = (draw: Random): Colour =>
  hsv(draw.uniform(), 0.55 + 0.4 * draw.uniform(), 0.75 + 0.25 * draw.uniform())

/** Draws a colour, by default a vivid one, that differs clearly from all of `others`. */
export function standingOut(others: readonly Colour[], draw: Random, drawn = lively): Colour {
  let best: Colour = [255, 255, 255]
  let farthest = -1
  for (let attempt = 0; attempt < 6; attempt++) {
    const colour = drawn(draw)
    const nearest = Math.min(...others.map((other) => difference(colour, other)))
    if (nearest > farthest) {
      farthest = nearest
      best = colour
    }
    if (farthest > 170) break
  }
  return best
}

function difference(a: Colour, b: Colour): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])
}
