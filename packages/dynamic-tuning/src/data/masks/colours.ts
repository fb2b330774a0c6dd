import { ignoredLabel, type LabelMap } from '../label-map.ts'
import { hsv } from '../sources/drawn/colour.ts'
import type { Pixels } from '../sources/pixels.ts'

/** Red, green and blue from 0 to 255. */
export type ClassColour = readonly [red: number, green: number, blue: number]

/** A colour for each of `count` classes; neighbours differ in hue by the golden angle, and in brightness. */
export function classColours(count: number): ClassColour[] {
  return Array.from({ length: count }, (_, label) =>
    hsv((0.58 + label * 0.381966) % 1, [0.75, 0.5, 0.95][label % 3] ?? 1, [0.95, 0.75, 0.6][label % 3] ?? 1),
  )
}

/** Share of the class's colour in a coloured picture. */
const strength = 0.7

/**
 * A picture with every pixel coloured by its class; ignored ones are darkened instead. The label map may be
 * of another size.
 */
export function colourByClass(picture: Pixels, map: LabelMap, colours: readonly ClassColour[]): Pixels {
  const { width, height } = picture
  const data = Uint8Array.from(picture.data)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const row = Math.floor(((y + 0.5) * map.height) / height)
      const label = map.data[row * map.width + Math.floor(((x + 0.5) * map.width) / width)] ?? ignoredLabel
      const colour = colours[label]
      for (let c = 0; c < 3; c++) {
        const at = (y * width + x) * 3 + c
        const value = data[at] ?? 0
        data[at] = Math.round(colour ? value + ((colour[c] ?? 0) - value) * strength : value * 0.3)
      }
    }
  return { width, height, data }
}
