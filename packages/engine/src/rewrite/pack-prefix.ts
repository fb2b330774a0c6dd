import type { Shape } from '../graph/shape.ts'
import { apply, input, type Tensor } from '../graph/tensor.ts'
import { topologicalOrder } from '../graph/walk.ts'
import { reshape } from '../ops/shape.ts'
import { concat, slice } from '../ops/slice.ts'
import type { SplitGraph } from './split-prefix.ts'

/** A split graph whose parts share one matrix. */
export interface PackedSplit {
  /** [B, F], everything that crosses the cut, an example in a row; undefined where nothing does. */
  readonly prefix: Tensor | undefined
  /** F */
  readonly width: number
  /** The outputs of the whole, from the rows and the inputs that are not of the prefix. */
  readonly rest: Readonly<Record<string, Tensor>>
}

/** Lays all that crosses a cut side by side in rows, which the rest takes as its one input `name` [B, F]. */
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

/** The same outputs with other tensors in the place of named inputs. */
function replaceInputs(
  outputs: Readonly<Record<string, Tensor>>,
  by: ReadonlyMap<string, Tensor>,
): Record<string, Tensor> {
  const made = new Map<Tensor, Tensor>()
  for (const node of topologicalOrder(Object.values(outputs))) {
    const { name } = node.attributes as { readonly name?: string }
    const replaced = node.op.name === 'Input' && name !== undefined ? by.get(name) : undefined
    const inputs = node.inputs.map((each) => made.get(each) as Tensor)
    const same = inputs.every((each, i) => each === node.inputs[i])
    const results = replaced ? [replaced] : same ? node.outputs : apply(node.op, inputs, node.attributes)
    for (const [i, tensor] of results.entries()) made.set(node.outputs[i] as Tensor, tensor)
  }
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [name, made.get(tensor) as Tensor]),
  )
}
