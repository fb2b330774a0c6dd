import { DataError } from '../../errors.ts'
import { areaOfRuns, type RunLengths } from './run-lengths.ts'

/** Calls `see` for each stretch of pixels in which neither mask changes. */
function walk(
  a: Uint32Array,
  b: Uint32Array,
  see: (length: number, inA: boolean, inB: boolean) => void,
): void {
  let [runA, runB] = [0, 0]
  let [leftA, leftB] = [a[0] ?? 0, b[0] ?? 0]
  while (runA < a.length && runB < b.length) {
    const length = Math.min(leftA, leftB)
    if (length > 0) see(length, runA % 2 === 1, runB % 2 === 1)
    leftA -= length
    leftB -= length
    if (leftA === 0) leftA = a[++runA] ?? 0
    if (leftB === 0) leftB = b[++runB] ?? 0
  }
}

function checkSameSize(a: RunLengths, b: RunLengths): void {
  if (a.height === b.height && a.width === b.width) return
  throw new DataError(
    `masks: one has ${a.width} x ${a.height} pixels, another ${b.width} x ${b.height}. Give masks of one picture.`,
  )
}

/** Number of pixels in both masks. @throws DataError for masks of different sizes */
export function sharedArea(a: RunLengths, b: RunLengths): number {
  checkSameSize(a, b)
  let shared = 0
  walk(a.counts, b.counts, (length, inA, inB) => {
    if (inA && inB) shared += length
  })
  return shared
}

/** Pixels in either mask; runs of length 0 are only at the beginning. */
function either(a: RunLengths, b: RunLengths): RunLengths {
  checkSameSize(a, b)
  const counts = [0]
  walk(a.counts, b.counts, (length, inA, inB) => {
    const last = counts.length - 1
    if ((inA || inB) === (last % 2 === 1)) counts[last] = (counts[last] ?? 0) + length
    else counts.push(length)
  })
  return { ...a, counts: Uint32Array.from(counts) }
}

/** Pixels in any of some masks of a picture; without masks none. @throws DataError for different sizes */
export function unionOfRuns(masks: readonly RunLengths[], height: number, width: number): RunLengths {
  const none: RunLengths = { height, width, counts: Uint32Array.of(height * width) }
  return masks.length === 1 && masks[0] ? masks[0] : masks.reduce(either, none)
}

/**
 * Intersection over union of two masks, 0 where they do not meet. With `crowd`, b is a crowd: intersection
 * over the area of a.
 */
export function maskOverlap(a: RunLengths, b: RunLengths, crowd: boolean): number {
  const shared = sharedArea(a, b)
  if (shared === 0) return 0
  const area = areaOfRuns(a)
  return shared / (crowd ? area : area + areaOfRuns(b) - shared)
}
