import { apply, input, inputName, type Node, type Tensor } from '../graph/tensor.ts'
import { topologicalOrder } from '../graph/walk.ts'

type Tensors = Readonly<Record<string, Tensor>>

/** A graph in two parts. */
export interface SplitGraph {
  /** What depends on the named inputs and constants alone and is read by the rest, by name: `prefix.0`, ... */
  readonly prefix: Readonly<Record<string, Tensor>>
  /** The outputs of the whole; values of `prefix` are inputs of the same names. */
  readonly rest: Readonly<Record<string, Tensor>>
}

/**
 * Cuts a graph behind everything that follows from the inputs `from` and from constants alone. Where those inputs and the
 * constants stay the same, so does the prefix: it is computed once, and the rest as often as its other inputs change.
 * A value crosses the cut only if it is float32, its first size is that of the inputs (`batch`, a symbol such as `B`) and all others are known, so
 * that it can be kept row by row; of others the rest computes the last steps itself. An input of `from` that the rest reads
 * as it is stays its input. Values are those of the whole graph.
 */
export function splitPrefix(outputs: Tensors, from: readonly string[], batch = 'B'): SplitGraph {
  const order = topologicalOrder(Object.values(outputs))
  const fixed = fixedNodes(order, from)
  const cut = new Cut(fixed, batch)
  const made = new Map<Tensor, Tensor>()
  for (const node of order) if (!fixed.has(node)) cut.rebuild(node, made)
  const rest = Object.entries(outputs).map(([name, tensor]) => [name, cut.read(tensor, made)])
  return { prefix: Object.fromEntries(cut.crossing), rest: Object.fromEntries(rest) }
}

/** Nodes whose values follow from the named inputs and constants, each with whether an input is among them. */
function fixedNodes(order: readonly Node[], from: readonly string[]): ReadonlyMap<Node, boolean> {
  const fixed = new Map<Node, boolean>()
  for (const node of order) {
    const [output] = node.outputs as readonly [Tensor]
    const name = inputName(output)
    if (name !== undefined) {
      if (from.includes(name)) fixed.set(node, true)
    } else if (node.inputs.every((each) => fixed.has(each.node)))
      fixed.set(
        node,
        node.inputs.some((each) => fixed.get(each.node) === true),
      )
  }
  return fixed
}

class Cut {
  readonly crossing = new Map<string, Tensor>()
  private readonly names = new Map<Tensor, Tensor>()

  constructor(
    private readonly fixed: ReadonlyMap<Node, boolean>,
    private readonly batch: string,
  ) {}

  /** A tensor as the rest reads it. */
  read(tensor: Tensor, made: Map<Tensor, Tensor>): Tensor {
    const known = made.get(tensor)
    if (known !== undefined) return known
    // Leaves stay what they are, and what follows from constants alone the runtime folds.
    if (tensor.node.inputs.length === 0 || this.fixed.get(tensor.node) !== true) return tensor
    if (this.canCross(tensor)) return this.cross(tensor)
    this.rebuild(tensor.node, made)
    return made.get(tensor) as Tensor
  }

  rebuild(node: Node, made: Map<Tensor, Tensor>): void {
    const inputs = node.inputs.map((each) => this.read(each, made))
    const same = inputs.every((each, i) => each === node.inputs[i])
    const outputs = same ? node.outputs : apply(node.op, inputs, node.attributes)
    for (const [i, tensor] of outputs.entries()) made.set(node.outputs[i] as Tensor, tensor)
  }

  private canCross({ dtype, shape }: Tensor): boolean {
    return (
      dtype === 'float32' &&
      shape[0] === this.batch &&
      shape.slice(1).every((size) => typeof size === 'number')
    )
  }

  private cross(tensor: Tensor): Tensor {
    const known = this.names.get(tensor)
    if (known !== undefined) return known
    const name = `prefix.${this.crossing.size}`
    const placeholder = input(name, tensor.shape, tensor.dtype)
    this.crossing.set(name, tensor)
    this.names.set(tensor, placeholder)
    return placeholder
  }
}
