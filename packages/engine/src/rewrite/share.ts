import { sizeOf } from '../graph/dtype.ts'
import { constantOp, isNodeOf, type Node, type Tensor } from '../graph/tensor.ts'
import { topologicalOrder } from '../graph/walk.ts'
import { mapOutputs, type Outputs, outputsFrom, Replacements } from './rebuild.ts'

/**
 * The same outputs without duplicate nodes (common subexpressions): nodes with the same operator, settings
 * and inputs become one, such as two passes of a model up to where they differ. Take gradients of the result,
 * not of the given graph.
 */
export function share<T extends Outputs>(outputs: T): T {
  const made = new Replacements()
  const known = new Map<string, readonly Tensor[]>()
  const number = numbering()
  for (const node of topologicalOrder(Object.values(outputs))) {
    const inputs = node.inputs.map((input) => made.get(input))
    const key = keyOf(node, inputs, number)
    const found = known.get(key) ?? outputsFrom(node, inputs)
    known.set(key, found)
    made.set(node, found)
  }
  return mapOutputs(outputs, (tensor) => made.get(tensor))
}

/**
 * Text that is equal for equal computations. A leaf equals only itself, except small unnamed constants of
 * equal values.
 */
function keyOf(node: Node, inputs: readonly Tensor[], number: (thing: object) => number): string {
  if (node.inputs.length === 0) return leafKey(node) ?? `leaf ${number(node)}`
  const from = inputs.map((input) => `${number(input.node)}.${input.index}`)
  return `${number(node.op)} ${JSON.stringify(node.attributes)} ${from}`
}

/** Type and values of a small unnamed constant. */
function leafKey(node: Node): string | undefined {
  if (!isNodeOf(node, constantOp)) return undefined
  const { data, name } = node.attributes
  if (name !== undefined || sizeOf(data.shape) > 16) return undefined
  const values = Array.from<number | bigint>(data.data).map((x) => (Object.is(x, -0) ? '-0' : String(x)))
  return `constant ${data.dtype} [${data.shape}] ${values}`
}

/** Numbers objects in order of appearance. */
function numbering(): (thing: object) => number {
  const numbers = new Map<object, number>()
  return (thing) => {
    const known = numbers.get(thing) ?? numbers.size
    numbers.set(thing, known)
    return known
  }
}
