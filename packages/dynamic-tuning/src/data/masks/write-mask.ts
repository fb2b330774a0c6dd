import { encode } from 'fast-png'
import { ignoredLabel, type LabelMap } from '../label-map.ts'
import type { ClassColour } from './colours.ts'

/** Most colours of a palette, and values of 8 bits. */
const bytes = 256

/**
 * A mask as PNG, whose values are class numbers: with a palette of the classes' colours where they fit into
 * 8 bits, else in 16 bits of grey. Ignored pixels have the highest value, 255 or 65535, and are black.
 */
export function maskPng({ width, height, data }: LabelMap, colours: readonly ClassColour[]): Uint8Array {
  const size = { width, height, channels: 1 } as const
  if (colours.length >= bytes) return encode({ ...size, depth: 16, data })
  const palette = Array.from({ length: bytes }, (_, label) => [...(colours[label] ?? [0, 0, 0])])
  return encode({
    ...size,
    depth: 8,
    data: Uint8Array.from(data, (label) => (label === ignoredLabel ? bytes - 1 : label)),
    palette: palette.map((colour) => colour.map(Math.round)),
  })
}
