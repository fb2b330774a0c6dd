import { present } from '../graph/present.ts'
import { isNodeOf, type Node, type Tensor } from '../graph/tensor.ts'
import { topologicalOrder } from '../graph/walk.ts'
import { sliceOp } from '../ops/slice.ts'
import { mapOutputs, type Outputs, outputsFrom, Replacements } from './rebuild.ts'
import { type RowRange, sameRows, takeRows } from './row-range.ts'
import { computeRows, type Need, needsFor } from './row-rules.ts'

/**
 * The same outputs, but of each tensor [B, N, ...] only the tokens that are read get computed. If a
 * classifier reads only the class token, the last layer computes its MLP and the queries of its attention for
 * that token only. The rewrite starts at a `slice` of at most half of the tokens and moves towards the
 * inputs, through operators that work row by row, up to a tensor that is needed in full. Values change by
 * rounding at most. Take gradients of the result, not of the given graph.
 */
export function narrow<T extends Outputs>(outputs: T): T {
  const order = topologicalOrder(Object.values(outputs))
  const needs = new Map<Tensor, Need>(Object.values(outputs).map((tensor) => [tensor, 'all']))
  for (const node of order.toReversed()) addNeeds(node, needs)
  const narrowed = new Narrowed(needs)
  for (const node of order) narrowed.compute(node)
  return mapOutputs(outputs, (tensor) => narrowed.full(tensor))
}

/** Rows needed of the outputs of a node; `all` if outputs or readers need different ones. */
function needOf({ outputs }: Node, needs: ReadonlyMap<Tensor, Need>): Need {
  return outputs.map((tensor) => needs.get(tensor)).reduce(union, undefined)
}

function union(a: Need, b: Need): Need {
  if (a === undefined || b === undefined) return a ?? b
  return a !== 'all' && b !== 'all' && sameRows(a, b) ? a : 'all'
}

/** Adds what a node needs of its inputs. */
function addNeeds(node: Node, needs: Map<Tensor, Need>): void {
  const need = needOf(node, needs)
  if (need === undefined) return
  const ofRows = need === 'all' ? undefined : needsFor(node, need)
  const ofInputs = ofRows ?? node.inputs.map(() => sliceOfFew(node) ?? 'all')
  for (const [i, input] of node.inputs.entries()) needs.set(input, union(needs.get(input), ofInputs[i]))
}

/** The tokens that a slice along the second axis takes, if they are at most half of all. */
function sliceOfFew(node: Node): RowRange | undefined {
  if (!isNodeOf(node, sliceOp)) return undefined
  const { axis, start, end } = node.attributes
  const [batch, count] = node.inputs[0].shape
  if (axis !== 1 || batch === undefined || typeof count !== 'number' || end - start > count / 2)
    return undefined
  return { batch, count, start, end }
}

/** Tensors of the new graph, in full or only some rows of them. */
class Narrowed {
  private readonly whole = new Replacements()
  private readonly parts = new Map<Tensor, { readonly rows: RowRange; readonly tensor: Tensor }>()

  constructor(private readonly needs: ReadonlyMap<Tensor, Need>) {}

  full(tensor: Tensor): Tensor {
    return this.whole.get(tensor)
  }

  private get(tensor: Tensor, need: Need): Tensor | undefined {
    if (need === undefined) return undefined
    const part = this.parts.get(tensor)
    if (need === 'all') return this.full(tensor)
    return part && sameRows(part.rows, need) ? part.tensor : takeRows(this.full(tensor), need)
  }

  compute(node: Node): void {
    const need = needOf(node, this.needs)
    if (need === undefined) return
    const ofInputs = need === 'all' ? undefined : needsFor(node, need)
    if (need !== 'all' && ofInputs) {
      const inputs = node.inputs.map((input, i) => this.get(input, ofInputs[i]))
      const parts = computeRows(node, need, inputs)
      for (const [i, output] of node.outputs.entries())
        this.parts.set(output, { rows: need, tensor: present(parts[i], 'some rows of an output') })
      return
    }
    const [source] = node.inputs
    const sliced = sliceOfFew(node) && source && this.parts.get(source)?.tensor
    const outputs = sliced
      ? [sliced]
      : outputsFrom(
          node,
          node.inputs.map((input) => this.full(input)),
        )
    this.whole.set(node, outputs)
  }
}
