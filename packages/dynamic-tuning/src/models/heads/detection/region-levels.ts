import type { Boxes } from './anchors.ts'

/** Which level of a pyramid reads a region: the size of a box that the level `level` reads. */
export interface LevelRule {
  /** Side in pixels of a square whose level is `level`. */
  readonly size: number
  readonly level: number
  /** The finest and the coarsest level. */
  readonly levels: readonly [number, number]
}

/** The rule of Feature Pyramid Networks (arXiv:1612.03144), equation 1: 224 pixels for level 4. */
export const pyramidLevels: LevelRule = { size: 224, level: 4, levels: [2, 5] }

/**
 * The level of each box, counted from 0 for the finest: floor(level + log2(sqrt(area) / size + 1e-8)), held
 * within the levels. boxes: [N * 4].
 */
export function levelsOf(boxes: Boxes, { size, level, levels: [first, last] }: LevelRule): Int32Array {
  return Int32Array.from({ length: boxes.length / 4 }, (_, i) => {
    const [left = 0, top = 0, right = 0, bottom = 0] = boxes.subarray(4 * i, 4 * i + 4)
    const side = Math.sqrt((right - left) * (bottom - top))
    const wanted = Math.floor(level + Math.log2(side / size + 1e-8))
    return Math.min(Math.max(wanted, first), last) - first
  })
}
