import type { Shape } from '../graph/shape.ts'
import { firstOutput, input, inputName, type Tensor } from '../graph/tensor.ts'
import { topologicalOrder } from '../graph/walk.ts'
import { reshape } from '../ops/shape.ts'
import { concat, slice } from '../ops/slice.ts'
import { mapOutputs, type Outputs, outputsFrom, Replacements } from './rebuild.ts'
import type { SplitGraph } from './split-prefix.ts'

/** A split graph whose two parts are connected by one matrix. */
export interface PackedSplit {
  /** [B, F], all features that the rest reads, one example per row; undefined if it reads none. */
  readonly prefix: Tensor | undefined
  /** F, the number of features. */
  readonly width: number
  /** The outputs of the whole graph, computed from the features and the remaining inputs. */
  readonly rest: Outputs
}

/**
 * Concatenates the features that cross a cut into one matrix, which the rest reads as its input `name`
 * [B, F].
 */
export function packPrefix({ prefix, rest }: SplitGraph, name: string, batch = 'B'): PackedSplit {
  const crossing = Object.entries(prefix)
  const [only] = crossing
  if (only === undefined) return { prefix: undefined, width: 0, rest }
  const width = crossing.reduce((sum, [, { shape }]) => sum + rowSize(shape), 0)
  const rows = input(name, [batch, width])
  const unpacked = new Map<string, Tensor>()
  let start = 0
  for (const [own, { shape }] of crossing) {
    const end = start + rowSize(shape)
    const part = crossing.length === 1 ? rows : slice(rows, 1, start, end)
    unpacked.set(own, shape.length === 2 ? part : reshape(part, shape))
    start = end
  }
  const flat = crossing.map(([, tensor]) => reshape(tensor, [batch, rowSize(tensor.shape)]))
  return { prefix: flat.length === 1 ? flat[0] : concat(flat, 1), width, rest: replaceInputs(rest, unpacked) }
}

const rowSize = (shape: Shape): number => shape.slice(1).reduce<number>((size, dim) => size * Number(dim), 1)

/** The same outputs with the inputs named in `by` replaced. */
function replaceInputs(outputs: Outputs, by: ReadonlyMap<string, Tensor>): Outputs {
  const made = new Replacements()
  for (const node of topologicalOrder(Object.values(outputs))) {
    const replaced = by.get(inputName(firstOutput(node)) ?? '')
    const inputs = node.inputs.map((each) => made.get(each))
    made.set(node, replaced ? [replaced] : outputsFrom(node, inputs))
  }
  return mapOutputs(outputs, (tensor) => made.get(tensor))
}
