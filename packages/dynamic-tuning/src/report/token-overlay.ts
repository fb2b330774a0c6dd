import { present } from '@dynamic-tuning/engine'
import type { Pixels } from '../data/sources/pixels.ts'
import { DataError } from '../errors.ts'

/** Active tokens of a layer on a rows × columns grid. values: [rows · columns], 1 active, 0 skipped. */
export interface TokenGrid {
  readonly values: ArrayLike<number>
  readonly rows: number
  readonly columns: number
}

type Colour = readonly [number, number, number]

// Skipped tokens lose their colour and two thirds of their contrast.
const dimShade = 26
const dimContrast = 0.3
const gridStrength = 0.16
const edgeStrength = 0.85

/**
 * The image with skipped tokens grey and dim, active ones as they are, thin lines between tokens and
 * brighter ones where active meets skipped. Same size as `image`.
 * @throws DataError when the pixel or token count does not fit the sizes given.
 */
export function overlayTokens(image: Pixels, grid: TokenGrid): Pixels {
  checkImage(image)
  checkGrid(grid, image)
  const active = (row: number, column: number): boolean =>
    (grid.values[row * grid.columns + column] ?? 0) > 0.5
  const data = eachPixel(image, (rgb, y, x) => {
    const row = cell(y, image.height, grid.rows)
    const column = cell(x, image.width, grid.columns)
    const here = active(row, column)
    const shown = here ? rgb : dim(rgb)
    const above = row > 0 && cell(y - 1, image.height, grid.rows) < row
    const before = column > 0 && cell(x - 1, image.width, grid.columns) < column
    if (!above && !before) return shown
    const edge = (above && active(row - 1, column) !== here) || (before && active(row, column - 1) !== here)
    return mix(shown, [255, 255, 255], edge ? edgeStrength : gridStrength)
  })
  return { ...image, data }
}

/**
 * Counts for each token the `grids` in which it is active. Returns values: [rows · columns], 0 to
 * grids.length. A token of a coarser grid counts for all tokens of the finest grid that it covers.
 */
export function countActive(grids: readonly TokenGrid[]): TokenGrid {
  const first = grids.reduce<TokenGrid | undefined>(
    (most, grid) => (most && most.rows * most.columns >= grid.rows * grid.columns ? most : grid),
    undefined,
  )
  if (!first) throw new DataError('countActive: there is no layer to count. Pass at least one grid.')
  const values = new Float32Array(first.rows * first.columns)
  for (const grid of grids) {
    const [tall, wide] = [first.rows / grid.rows, first.columns / grid.columns]
    if (!Number.isInteger(tall) || !Number.isInteger(wide)) {
      const sizes = `${grid.rows} × ${grid.columns} beside ${first.rows} × ${first.columns}`
      throw new DataError(
        `countActive: grids differ, got ${sizes}. Count layers together whose sizes divide.`,
      )
    }
    for (let i = 0; i < values.length; i++) {
      const [row, column] = [Math.floor(i / first.columns / tall), Math.floor((i % first.columns) / wide)]
      const active = (grid.values[row * grid.columns + column] ?? 0) > 0.5
      if (active) values[i] = (values[i] ?? 0) + 1
    }
  }
  return { values, rows: first.rows, columns: first.columns }
}

/**
 * The grey image under a colour per token, from dark blue (active in no layer) to yellow (in all `most`).
 * @throws DataError when the pixel or token count does not fit the sizes given.
 */
export function heatTokens(image: Pixels, counts: TokenGrid, most: number): Pixels {
  checkImage(image)
  checkGrid(counts, image)
  const data = eachPixel(image, (rgb, y, x) => {
    const token = cell(y, image.height, counts.rows) * counts.columns + cell(x, image.width, counts.columns)
    const grey = luminance(rgb)
    return mix([grey, grey, grey], heatColour((counts.values[token] ?? 0) / Math.max(1, most)), 0.62)
  })
  return { ...image, data }
}

// Anchor colours of viridis, which reads the same in grey and to colour-blind eyes.
const viridis: readonly Colour[] = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
]

/** Colour of a share from 0 to 1 on the viridis scale; values outside are clamped. */
export function heatColour(share: number): Colour {
  const position = Math.min(1, Math.max(0, share)) * (viridis.length - 1)
  const index = Math.min(viridis.length - 2, Math.floor(position))
  const [from, to] = viridis.slice(index)
  return mix(present(from, 'a colour of the scale'), present(to, 'a colour of the scale'), position - index)
}

function eachPixel(image: Pixels, colour: (rgb: Colour, y: number, x: number) => Colour): Uint8Array {
  const out = new Uint8Array(image.data.length)
  for (let i = 0; i < out.length; i += 3) {
    const pixel = i / 3
    const rgb: Colour = [image.data[i] ?? 0, image.data[i + 1] ?? 0, image.data[i + 2] ?? 0]
    const shown = colour(rgb, Math.floor(pixel / image.width), pixel % image.width)
    out[i] = Math.round(shown[0])
    out[i + 1] = Math.round(shown[1])
    out[i + 2] = Math.round(shown[2])
  }
  return out
}

function cell(position: number, size: number, cells: number): number {
  return Math.floor((position * cells) / size)
}

function luminance([r, g, b]: Colour): number {
  return 0.299 * r + 0.587 * g + 0.114 * b
}

function dim(rgb: Colour): Colour {
  const grey = dimShade + luminance(rgb) * dimContrast
  return [grey, grey, grey]
}

function mix(a: Colour, b: Colour, share: number): Colour {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share]
}

/** @throws DataError when `data` is not height × width × 3 bytes. */
export function checkImage(image: Pixels): void {
  const expected = image.height * image.width * 3
  if (image.data.length === expected && expected > 0) return
  const size = `${image.height} × ${image.width} × 3 = ${expected}`
  throw new DataError(
    `token overlay: pixels do not fit ${size}, got ${image.data.length}. Pass RGB bytes without alpha.`,
  )
}

function checkGrid(grid: TokenGrid, image: Pixels): void {
  const { rows, columns, values } = grid
  const tokens = `${values.length} tokens for a ${rows} × ${columns} grid`
  if (values.length !== rows * columns || rows < 1 || columns < 1) {
    throw new DataError(`token overlay: got ${tokens}. Keep the patch tokens alone and flatten row by row.`)
  }
  if (rows > image.height || columns > image.width) {
    throw new DataError(
      `token overlay: a ${rows} × ${columns} grid is finer than the ${image.height} × ${image.width} image. Enlarge the image.`,
    )
  }
}
