import { sizeOf } from '../graph/dtype.ts'
import { apply, type Node, type Tensor } from '../graph/tensor.ts'
import { topologicalOrder } from '../graph/walk.ts'

type Tensors = Readonly<Record<string, Tensor>>

/**
 * The same outputs, computing equal things once: nodes with the same operator, settings and inputs become one node, as in two
 * passes of a model up to where they part. Build gradients from what it returns.
 */
export function share<T extends Tensors>(outputs: T): T {
  const made = new Map<Tensor, Tensor>()
  const known = new Map<string, readonly Tensor[]>()
  const number = numbering()
  for (const node of topologicalOrder(Object.values(outputs))) {
    const inputs = node.inputs.map((input) => made.get(input) as Tensor)
    const key = keyOf(node, inputs, number)
    const same = inputs.every((input, i) => input === node.inputs[i])
    const found = known.get(key) ?? (same ? node.outputs : apply(node.op, inputs, node.attributes))
    known.set(key, found)
    for (const [i, output] of node.outputs.entries()) made.set(output, found[i] as Tensor)
  }
  const result = Object.entries(outputs).map(([name, tensor]) => [name, made.get(tensor)])
  return Object.fromEntries(result) as T
}

/** What a node computes, as text; leaves are themselves, but small constants without a name go by their values. */
function keyOf(node: Node, inputs: readonly Tensor[], number: (thing: object) => number): string {
  const { op, attributes } = node
  if (node.inputs.length === 0) {
    const { data, name } = attributes as {
      data?: { dtype: string; shape: number[]; data: ArrayLike<unknown> }
      name?: string
    }
    if (data === undefined || name !== undefined || sizeOf(data.shape) > 16) return `leaf ${number(node)}`
    return `constant ${data.dtype} [${data.shape}] ${Array.from(data.data, (x) => (Object.is(x, -0) ? '-0' : String(x)))}`
  }
  const from = inputs.map((input) => `${number(input.node)}.${input.index}`)
  return `${number(op)} ${JSON.stringify(attributes)} ${from}`
}

/** A number for each object, in order of appearance. */
function numbering(): (thing: object) => number {
  const numbers = new Map<object, number>()
  return (thing) => {
    const known = numbers.get(thing) ?? numbers.size
    numbers.set(thing, known)
    return known
  }
}
