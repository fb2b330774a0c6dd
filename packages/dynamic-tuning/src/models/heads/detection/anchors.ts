/** Boxes one after the other, each as left, top, right and bottom: [N * 4]. */
export type Boxes = Float32Array | Float64Array

/** Ratios of height to width of the anchors of a pixel. */
export const aspectRatios: readonly number[] = [0.5, 1, 2]

/** A level of a feature pyramid: pixels of the image per pixel of the map, and the map's rows and columns. */
export interface LevelGrid {
  readonly stride: number
  readonly grid: readonly [number, number]
}

/** Anchors around the origin, one for each ratio, of the area size^2. [ratios * 4]. */
export function cellAnchors(size: number, ratios: readonly number[] = aspectRatios): Float32Array {
  return Float32Array.from(
    ratios.flatMap((ratio) => {
      const width = size / Math.sqrt(ratio)
      const height = width * ratio
      return [-width / 2, -height / 2, width / 2, height / 2]
    }),
  )
}

/**
 * All anchors of a level by row, column and ratio, as detectron2 has them (offset 0): centred at the upper
 * left corner of what a pixel of the map sees, and rounded to float32. [rows * columns * ratios * 4].
 */
export function levelAnchors(cell: Float32Array, { stride, grid: [rows, columns] }: LevelGrid): Float32Array {
  const anchors = new Float32Array(rows * columns * cell.length)
  for (let pixel = 0; pixel < rows * columns; pixel++)
    for (let i = 0; i < cell.length; i++) {
      const shift = i % 2 === 0 ? pixel % columns : Math.floor(pixel / columns)
      anchors[pixel * cell.length + i] = stride * shift + (cell[i] ?? 0)
    }
  return anchors
}
