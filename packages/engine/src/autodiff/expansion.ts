import type { Node, Tensor } from '../graph/tensor.ts'

const expansions = new WeakMap<Node, readonly Tensor[]>()

/** The outputs of `node` from simpler operators, built once per node; undefined if it has no such form. */
export function expansionOf(node: Node): readonly Tensor[] | undefined {
  if (!node.op.expand) return undefined
  const known = expansions.get(node)
  if (known) return known
  const made = node.op.expand(node.inputs, node.attributes)
  expansions.set(node, made)
  return made
}
