import {
  add,
  constant,
  dims,
  gather,
  gatherRows,
  mul,
  multiplyDims,
  onDemand,
  reshape,
  type Tensor,
  transpose,
} from '@dynamic-tuning/engine'
import { zeros } from '../../nn/initializers.ts'
import type { PairBias } from '../../nn/pair-bias.ts'
import type { Weights } from '../../nn/weight-store.ts'
import type { LayerSizes } from '../layer-sizes.ts'

/** Name of a layer's table of biases, below `attn`. */
export const biasTable = 'relative_position_bias_table'

type Grid = readonly [rows: number, columns: number]

/** Rows of the table of a grid: one for each distance of two patches, and three for class tokens. */
export function biasRows([rows, columns]: Grid): number {
  return (2 * rows - 1) * (2 * columns - 1) + 3
}

/**
 * Row of the table for every query and key, [T * T], query first, as in BEiT (arXiv:2106.08254). Patches
 * (r, c) and (r', c') of a grid of h x w use row (r - r' + h - 1) (2w - 1) + c - c' + w - 1. Of the last
 * three rows one is for a class token that attends to a patch, one for the reverse, one for two class tokens.
 * Registers and prompts count as class tokens: they have no place either.
 * @param prefix tokens before the patches
 * @param patches false if only those are there
 */
export function relativePositionIndex(
  [height, width]: Grid,
  prefix: number,
  patches = true,
): BigInt64Array<ArrayBuffer> {
  const tokens = prefix + (patches ? height * width : 0)
  const distances = (2 * height - 1) * (2 * width - 1)
  const rowOf = (query: number, key: number): number => {
    if (query < 0 || key < 0) return distances + (query >= 0 ? 1 : key >= 0 ? 0 : 2)
    const down = Math.floor(query / width) - Math.floor(key / width)
    return (down + height - 1) * (2 * width - 1) + (query % width) - (key % width) + width - 1
  }
  const index = new BigInt64Array(tokens * tokens)
  for (let query = 0, i = 0; query < tokens; query++)
    for (let key = 0; key < tokens; key++) index[i++] = BigInt(rowOf(query - prefix, key - prefix))
  return index
}

/** Row of the table for every pair of T tokens of an image, int64 [T * T]: see `relativePositionIndex`. */
export type IndexOf = (tokens: number) => Tensor

/**
 * The index of a grid, as a constant that all layers share. T is the number of all tokens of an image or, if
 * that is not above the number of patches, of those before its patches.
 */
export function indexOfGrid(grid: Grid): IndexOf {
  const patches = grid[0] * grid[1]
  const made = new Map<number, Tensor>()
  return (tokens) => {
    const whole = tokens > patches
    const known = made.get(tokens) ?? indexConstant(grid, whole ? tokens - patches : tokens, whole)
    made.set(tokens, known)
    return known
  }
}

function indexConstant(grid: Grid, prefix: number, patches: boolean): Tensor {
  const tokens = prefix + (patches ? grid[0] * grid[1] : 0)
  // Made when the graph is written: a count of its cost needs no values, and there are millions of them.
  return constant(onDemand('int64', [tokens ** 2], () => relativePositionIndex(grid, prefix, patches)))
}

/**
 * A learned bias on the scores of attention for every distance of two patches, with one weight
 * `relative_position_bias_table` [(2h - 1) (2w - 1) + 3, heads] for each layer. weights: those of `attn`.
 */
export function relativePositionBias(
  weights: Weights,
  { heads, grid }: LayerSizes,
  indexOf: IndexOf,
): PairBias {
  const table = (): Tensor => weights.get(biasTable, [biasRows(grid), heads], zeros)
  return {
    all(tokens) {
      const pairs = gatherRows(table(), reshape(indexOf(tokens), [tokens * tokens, 1]))
      return reshape(transpose(pairs, [1, 0]), [heads, tokens, tokens])
    },
    among(places, tokens) {
      const [batch, count] = dims(places, '_ _', 'relative positions')
      const queries = mul(reshape(places, [batch, count, 1]), tokens)
      const pairs = add(queries, reshape(places, [batch, 1, count]))
      const rows = gather(indexOf(tokens), pairs, 0)
      const found = gatherRows(table(), reshape(rows, [multiplyDims(multiplyDims(batch, count), count), 1]))
      return transpose(reshape(found, [batch, count, count, heads], pairs), [0, 3, 1, 2])
    },
  }
}
