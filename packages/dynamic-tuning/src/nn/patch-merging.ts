import { type Dim, reshape, type Tensor, transpose } from '@dynamic-tuning/engine'
import { layerNorm } from './layer-norm.ts'
import { type AfterLinear, linearLayer, linearWithoutBias } from './linear.ts'
import type { Weights } from './weight-store.ts'

/** Sizes of a patch merging layer, and hooks after its norm and its map. */
export interface MergingOptions {
  /** Rows and columns of the input tokens; both even. */
  readonly grid: readonly [number, number]
  readonly epsilon: number
  /** True if `reduction` has a bias. Default: false. */
  readonly bias?: boolean | undefined
  /** Called after `norm`. */
  readonly normed?: (y: Tensor) => Tensor
  /** Called after `reduction`. */
  readonly after?: AfterLinear
}

/**
 * Patch merging (arXiv:2103.14030), timm's `downsample`: concatenates the tokens (0, 0), (1, 0),
 * (0, 1), (1, 1) of every 2 x 2 square (row, column), normalises the 4C features with `norm` and
 * applies the map `reduction` [2C, 4C].
 * x: [B, rows * columns, C], row by row -> [B, rows / 2 * columns / 2, 2C].
 */
export function patchMerging(x: Tensor, weights: Weights, options: MergingOptions): Tensor {
  const { grid, epsilon, bias = false, normed = (y) => y, after = (y) => y } = options
  const [batch, , width] = x.shape as [Dim, number, number]
  const [rows, columns] = [grid[0] / 2, grid[1] / 2]
  const cut = transpose(reshape(x, [batch, rows, 2, columns, 2, width]), [0, 1, 3, 4, 2, 5])
  const joined = reshape(cut, [batch, rows * columns, 4 * width])
  const even = normed(layerNorm(joined, weights.at('norm'), epsilon))
  const map = bias ? linearLayer : linearWithoutBias
  return after(map(even, weights.at('reduction'), 2 * width), even, 'reduction')
}
