import { DataError } from '../../errors.ts'
import { unionOfRuns } from './combine-runs.ts'
import type { RunLengths } from './run-lengths.ts'

/** Corners of a polygon in pixels, x and y in turn: [2 * corners]. */
export type Polygon = readonly number[]

/** Points of the refined grid per pixel and axis, as in pycocotools. */
const fine = 5
/** Corners farther away than this, in pixels, are a mistake, and edges would be long to walk. */
const farthest = 1e5

/**
 * The pixels inside of any of some polygons, exactly as pycocotools fills them: corners are moved to a grid
 * five times as fine, edges walked point by point along their longer side, and the mask switches where the
 * walk crosses the middle of a column of pixels.
 * @throws DataError for a corner that is no number or farther away than 100,000 pixels
 */
export function fillPolygons(polygons: readonly Polygon[], height: number, width: number): RunLengths {
  return unionOfRuns(
    polygons.map((polygon) => fillPolygon(polygon, height, width)),
    height,
    width,
  )
}

function fillPolygon(polygon: Polygon, height: number, width: number): RunLengths {
  const switches: number[] = []
  const wrong = polygon.find((corner) => !(Math.abs(corner) <= farthest))
  if (wrong !== undefined)
    throw new DataError(
      `polygon: corners are pixels within ${farthest}, got ${wrong}. Correct the segmentation.`,
    )
  const corner = (i: number): number => Math.trunc(fine * (polygon[i] ?? 0) + 0.5)
  for (let i = 0; i + 1 < polygon.length; i += 2) {
    const next = (i + 2) % (polygon.length - (polygon.length % 2))
    crossings([corner(i), corner(i + 1)], [corner(next), corner(next + 1)], (column, fineRow) => {
      if (column < 0 || column >= width) return
      const row = Math.ceil(Math.min(Math.max((fineRow + 0.5) / fine - 0.5, 0), height))
      switches.push(column * height + row)
    })
  }
  return { height, width, counts: runsBetween(switches, height * width) }
}

type Point = readonly [number, number]

/**
 * Walks an edge along its longer side and calls `see` with each column of pixels whose middle it crosses (a
 * step between 5c + 2 and 5c + 3 of the fine grid), and the smaller fine row of the step.
 */
function crossings(from: Point, to: Point, see: (column: number, fineRow: number) => void): void {
  const [dx, dy] = [Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])]
  if (dx === 0) return
  const flat = dx >= dy
  const backwards = flat ? from[0] > to[0] : from[1] > to[1]
  const [start, end] = backwards ? [to, from] : [from, to]
  const slope = flat ? (end[1] - start[1]) / dx : (end[0] - start[0]) / dy
  const [xOf, yOf] = flat
    ? [(t: number) => start[0] + t, (t: number) => Math.trunc(start[1] + slope * t + 0.5)]
    : [(t: number) => Math.trunc(start[0] + slope * t + 0.5), (t: number) => start[1] + t]
  for (let t = 1; t <= (flat ? dx : dy); t++) {
    const [x, before] = [xOf(t), xOf(t - 1)]
    if (x === before) continue
    const column = (Math.min(x, before) - 2) / fine
    if (Number.isInteger(column)) see(column, Math.min(yOf(t), yOf(t - 1)))
  }
}

/** Run lengths of a mask that changes at these places; two changes at one place cancel. */
function runsBetween(switches: number[], total: number): Uint32Array {
  const sorted = Uint32Array.from(switches).sort()
  const places: number[] = []
  for (const place of sorted)
    if (places.at(-1) === place) places.pop()
    else places.push(place)
  if (places.at(-1) === total) places.pop()
  const counts: number[] = []
  let at = 0
  for (const place of [...places, total]) {
    counts.push(place - at)
    at = place
  }
  return Uint32Array.from(counts)
}
