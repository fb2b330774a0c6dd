import { z } from 'zod'
import { fillPolygons } from './fill-polygons.ts'
import { parseRunLengthString } from './run-length-string.ts'
import { type RunLengths, runLengths } from './run-lengths.ts'

/** The outline of an object as COCO writes it: polygons, or run lengths as numbers or as text. */
export const cocoSegmentation = z.union([
  z.array(z.array(z.number())),
  z.object({
    size: z.tuple([z.int().positive(), z.int().positive()]),
    counts: z.union([z.string(), z.array(z.int().min(0))]),
  }),
])

/** The outline of an object as COCO writes it. */
export type CocoSegmentation = z.output<typeof cocoSegmentation>

/** Corners that a polygon needs to have an area. */
const fewestCorners = 3

/**
 * The mask of an outline in a picture of this size; polygons with fewer than three corners are left out.
 * @throws DataError for run lengths that do not fit their own size
 */
export function maskOfSegmentation(outline: CocoSegmentation, height: number, width: number): RunLengths {
  if (Array.isArray(outline)) {
    const polygons = outline.filter((polygon) => polygon.length >= 2 * fewestCorners)
    return fillPolygons(polygons, height, width)
  }
  const { size, counts } = outline
  return typeof counts === 'string' ? parseRunLengthString(counts, ...size) : runLengths(counts, ...size)
}
