import type { SwinStage } from './swin-config.ts'

/** How the tokens of a grid are sorted into windows. */
export type WindowGrid = Pick<SwinStage, 'grid' | 'window'> & {
  /** Rows and columns by which the grid is rolled up and left before it is cut into windows. */
  readonly shift: readonly [number, number]
}

/** V, the number of windows of a grid. */
export function windowCount({ grid, window }: Pick<WindowGrid, 'grid' | 'window'>): number {
  return (grid[0] / window[0]) * (grid[1] / window[1])
}

/**
 * Indices of the grid's tokens (row by row) in window order: first the first token of each window, then the
 * second of each, and so on. [N, C] in this order is [w * w, V * C], so a window is a group of heads.
 */
export function windowOrder({ grid, window, shift }: WindowGrid): number[] {
  const [rows, columns] = grid
  const order: number[] = []
  for (let r = 0; r < window[0]; r++)
    for (let c = 0; c < window[1]; c++)
      for (let top = 0; top < rows; top += window[0])
        for (let left = 0; left < columns; left += window[1])
          order.push(((top + r + shift[0]) % rows) * columns + ((left + c + shift[1]) % columns))
  return order
}

/**
 * Rows of the relative position table for every query and key of a window, [w * w, w * w]: query (r, c) and
 * key (r', c') use row (r - r' + h - 1) (2w - 1) + c - c' + w - 1 for a window of h x w.
 */
export function relativePositions([height, width]: readonly [number, number]): number[] {
  const places = Array.from({ length: height * width }, (_, i) => [Math.floor(i / width), i % width] as const)
  return places.flatMap(([r, c]) =>
    places.map(([row, column]) => (r - row + height - 1) * (2 * width - 1) + c - column + width - 1),
  )
}

/**
 * 1 for two positions of a window whose tokens were neighbours before the shift, else 0: [V, w * w, w
 * * w]. Rolling joins the ends of an axis, and tokens on different sides of this seam must not attend
 * to each other.
 */
export function windowNeighbours({ grid, window, shift }: WindowGrid): Uint8Array {
  const regions = windowOrder({ grid, window, shift: [0, 0] }).map((token) => {
    const [row, column] = [Math.floor(token / grid[1]), token % grid[1]]
    return 2 * Number(row >= grid[0] - shift[0]) + Number(column >= grid[1] - shift[1])
  })
  const [windows, places] = [windowCount({ grid, window }), window[0] * window[1]]
  const neighbours = new Uint8Array(windows * places * places)
  for (let v = 0; v < windows; v++)
    for (let q = 0; q < places; q++)
      for (let k = 0; k < places; k++)
        if (regions[q * windows + v] === regions[k * windows + v])
          neighbours[(v * places + q) * places + k] = 1
  return neighbours
}
