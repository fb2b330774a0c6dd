import { firstOutput, input, inputName, type Node, type Tensor } from '../graph/tensor.ts'
import { topologicalOrder } from '../graph/walk.ts'
import { mapOutputs, type Outputs, outputsFrom, Replacements } from './rebuild.ts'

/** A graph in two parts. */
export interface SplitGraph {
  /** Values that depend only on the named inputs and constants and that the rest reads: `prefix.0`, ... */
  readonly prefix: Outputs
  /** The outputs of the whole graph; it reads the values of `prefix` as inputs of the same names. */
  readonly rest: Outputs
}

/**
 * Splits a graph into a prefix, which depends only on the inputs `from` and on constants, and the rest. While
 * those do not change, the prefix is computed once, and the rest whenever its other inputs change.
 *
 * A value crosses the cut only if it can be stored row by row: float32, with `batch` (a symbol such as `B`)
 * as its first size and known sizes otherwise. The rest computes other values itself, from those that cross.
 * An input of `from` that the rest reads directly stays an input of the rest. Values are those of the whole
 * graph.
 */
export function splitPrefix(outputs: Outputs, from: readonly string[], batch = 'B'): SplitGraph {
  const order = topologicalOrder(Object.values(outputs))
  const fixed = fixedNodes(order, from)
  const cut = new Cut(fixed, batch)
  const made = new Replacements()
  for (const node of order) if (!fixed.has(node)) cut.rebuild(node, made)
  const rest = mapOutputs(outputs, (tensor) => cut.read(tensor, made))
  return { prefix: Object.fromEntries(cut.crossing), rest }
}

/** Nodes that depend only on the named inputs and constants; true if on an input too. */
function fixedNodes(order: readonly Node[], from: readonly string[]): ReadonlyMap<Node, boolean> {
  const fixed = new Map<Node, boolean>()
  for (const node of order) {
    const name = inputName(firstOutput(node))
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

/** Rebuilds the rest of a graph that is cut behind the nodes in `fixed`. */
class Cut {
  readonly crossing = new Map<string, Tensor>()
  private readonly names = new Map<Tensor, Tensor>()

  constructor(
    private readonly fixed: ReadonlyMap<Node, boolean>,
    private readonly batch: string,
  ) {}

  /** The tensor that the rest reads instead of `tensor`. */
  read(tensor: Tensor, made: Replacements): Tensor {
    const known = made.find(tensor)
    if (known !== undefined) return known
    // Leaves stay as they are; what depends only on constants is computed by the runtime at load.
    if (tensor.node.inputs.length === 0 || this.fixed.get(tensor.node) !== true) return tensor
    if (this.canCross(tensor)) return this.cross(tensor)
    this.rebuild(tensor.node, made)
    return made.get(tensor)
  }

  rebuild(node: Node, made: Replacements): void {
    const inputs = node.inputs.map((each) => this.read(each, made))
    made.set(node, outputsFrom(node, inputs))
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
