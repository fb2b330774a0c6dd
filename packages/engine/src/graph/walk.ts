import type { Node, Tensor } from './tensor.ts'

/**
 * All nodes that `outputs` depend on, inputs before users. Iterative, because deep graphs would exhaust the
 * stack.
 */
export function topologicalOrder(
  outputs: readonly Tensor[],
  inputsOf: (node: Node) => readonly Tensor[] = (node) => node.inputs,
): Node[] {
  const order: Node[] = []
  const state = new Map<Node, 'open' | 'done'>()
  const stack = outputs.map((tensor) => tensor.node).reverse()
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    if (state.get(node) === undefined) {
      state.set(node, 'open')
      for (const tensor of [...inputsOf(node)].reverse())
        if (state.get(tensor.node) === undefined) stack.push(tensor.node)
    } else {
      stack.pop()
      if (state.get(node) === 'open') {
        state.set(node, 'done')
        order.push(node)
      }
    }
  }
  return order
}
