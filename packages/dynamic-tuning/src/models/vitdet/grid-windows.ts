import {
  type Dim,
  dims,
  multiplyDims,
  pad,
  reshape,
  slice,
  type Tensor,
  transpose,
} from '@dynamic-tuning/engine'

type Grid = readonly [rows: number, columns: number]

/** Rows and columns of windows that cover a grid. */
function windowsOf([rows, columns]: Grid, side: number): Grid {
  return [Math.ceil(rows / side), Math.ceil(columns / side)]
}

/**
 * Pads the grid of tokens with zeros at the bottom and right to whole windows and cuts it into them.
 * x: [B, N, C], row by row -> [B * windows, side * side, C].
 */
export function cutWindows(x: Tensor, grid: Grid, side: number): Tensor {
  const [batch, , width] = dims(x, '_ N C', 'windows')
  const [down, across] = windowsOf(grid, side)
  const map = reshape(x, [batch, ...grid, width])
  const padded = pad(pad(map, 1, 0, down * side - grid[0]), 2, 0, across * side - grid[1])
  const cut = transpose(reshape(padded, [batch, down, side, across, side, width]), [0, 1, 3, 2, 4, 5])
  return reshape(cut, [multiplyDims(batch, down * across), side * side, width])
}

/** Undoes `cutWindows`: -> [batch, N, C], without what was padded. */
export function joinWindows(x: Tensor, batch: Dim, grid: Grid, side: number): Tensor {
  const [, , width] = dims(x, '_ N C', 'windows')
  const [down, across] = windowsOf(grid, side)
  const cut = reshape(x, [batch, down, across, side, side, width])
  const map = reshape(transpose(cut, [0, 1, 3, 2, 4, 5]), [batch, down * side, across * side, width])
  const kept = slice(slice(map, 1, 0, grid[0]), 2, 0, grid[1])
  return reshape(kept, [batch, grid[0] * grid[1], width])
}
