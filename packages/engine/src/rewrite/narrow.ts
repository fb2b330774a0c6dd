import { apply, type Node, type Tensor } from '../graph/tensor.ts'
import { topologicalOrder } from '../graph/walk.ts'
import { type RowRange, sameRows, takeRows } from './row-range.ts'
import { computeRows, type Need, needsFor } from './row-rules.ts'

type Tensors = Readonly<Record<string, Tensor>>

/**
 * The same outputs, computing of each tensor [B, N, ...] only the tokens that anything reads: where a classifier looks at the
 * class token alone, the last layer's MLP and the queries of its attention run on that one token. A `slice` of few
 * tokens (at most half) is what starts it; it moves towards the inputs through operators that keep rows apart, up to a tensor
 * that something else needs in full. Values do not change beyond rounding. Build gradients from what it returns.
 */
export function narrow<T extends Tensors>(outputs: T): T {
  const order = topologicalOrder(Object.values(outputs))
  const needs = new Map<Tensor, Need>(Object.values(outputs).map((tensor) => [tensor, 'all']))
  for (const node of [...order].reverse()) pass(node, needs)
  const made = new Made(needs)
  for (const node of order) made.compute(node)
  const result = Object.entries(outputs).map(([name, tensor]) => [name, made.full(tensor)])
  return Object.fromEntries(result) as T
}

/** Rows that all outputs of a node are reduced to; `all` where they differ or something needs everything. */
function needOf({ outputs }: Node, needs: ReadonlyMap<Tensor, Need>): Need {
  return outputs.map((tensor) => needs.get(tensor)).reduce(joined, undefined)
}

function joined(a: Need, b: Need): Need {
  if (a === undefined || b === undefined) return a ?? b
  return a !== 'all' && b !== 'all' && sameRows(a, b) ? a : 'all'
}

/** Tells a node's inputs what it needs of them. */
function pass(node: Node, needs: Map<Tensor, Need>): void {
  const need = needOf(node, needs)
  if (need === undefined) return
  const ofRows = need === 'all' ? undefined : needsFor(node, need)
  const ofInputs = ofRows ?? node.inputs.map(() => sliceOfFew(node) ?? 'all')
  for (const [i, input] of node.inputs.entries()) needs.set(input, joined(needs.get(input), ofInputs[i]))
}

/** The tokens that a slice along the second axis takes, where they are at most half of them. */
function sliceOfFew({ op, inputs, attributes }: Node): RowRange | undefined {
  const [x] = inputs
  const { axis, start, end } = attributes as { axis: number; start: number; end: number }
  const count = x?.shape[1]
  if (op.name !== 'Slice' || axis !== 1 || typeof count !== 'number' || end - start > count / 2)
    return undefined
  return { batch: x?.shape[0] as RowRange['batch'], count, start, end }
}

/** Tensors of the new graph, in full or in part. */
class Made {
  private readonly whole = new Map<Tensor, Tensor>()
  private readonly parts = new Map<Tensor, { readonly rows: RowRange; readonly tensor: Tensor }>()

  constructor(private readonly needs: ReadonlyMap<Tensor, Need>) {}

  full(tensor: Tensor): Tensor {
    return this.whole.get(tensor) as Tensor
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
      for (const [i, tensor] of computeRows(node, need, inputs).entries())
        this.parts.set(node.outputs[i] as Tensor, { rows: need, tensor })
      return
    }
    const sliced = sliceOfFew(node) && this.parts.get(node.inputs[0] as Tensor)?.tensor
    const inputs = sliced ? [] : node.inputs.map((input) => this.full(input))
    const same = inputs.every((input, i) => input === node.inputs[i])
    const outputs = sliced ? [sliced] : same ? node.outputs : apply(node.op, inputs, node.attributes)
    for (const [i, tensor] of outputs.entries()) this.whole.set(node.outputs[i] as Tensor, tensor)
  }
}
