import { GraphError } from '../graph/errors.ts'
import { scalar } from '../graph/scalar.ts'
import { shapeText } from '../graph/shape.ts'
import type { Node, Tensor } from '../graph/tensor.ts'
import { topologicalOrder } from '../graph/walk.ts'
import { isFloat } from '../ops/compare.ts'
import { add } from '../ops/elementwise.ts'
import { zerosLike } from '../ops/gather.ts'
import { unbroadcast } from '../ops/unbroadcast.ts'
import { expansionOf } from './expansion.ts'
import { type Checkpoints, type ForwardValues, kept, recomputed } from './recompute.ts'

/** How gradients are taken. */
export interface GradientOptions {
  /**
   * Keep only these values of the forward pass and recompute the others: less memory, one more forward pass.
   */
  readonly checkpoints?: Checkpoints | undefined
}

/**
 * Gradients of a scalar `loss` with respect to each of `parameters`, by backpropagation. A parameter on which
 * the loss does not depend gets zeros. Only nodes between parameters and loss are visited.
 * @throws GraphError where the loss is not a scalar, an operator has no gradient rule, or the loss does not
 * depend on a checkpoint
 */
export function gradients<const P extends readonly Tensor[]>(
  loss: Tensor,
  parameters: P,
  options?: GradientOptions,
): { -readonly [K in keyof P]: Tensor }
export function gradients(
  loss: Tensor,
  parameters: readonly Tensor[],
  { checkpoints = [] }: GradientOptions = {},
): Tensor[] {
  if (loss.shape.length !== 0)
    throw new GraphError(
      `gradients: the loss has shape ${shapeText(loss.shape)}. Reduce it to one number first.`,
    )
  const order = topologicalOrder([loss], inputsOf)
  const needed = dependents(order, parameters)
  const found = new Map<Tensor, Tensor>([[loss, scalar(1, loss.dtype)]])
  const values =
    checkpoints.length > 0 ? recomputed(order, checkpoints, (tensor) => found.get(tensor)) : kept(order)
  for (const node of values.order.toReversed())
    if (needed.has(node)) backpropagate(node, values, needed, found)
  return parameters.map((parameter) => found.get(parameter) ?? zerosLike(parameter))
}

/** The inputs of a node; its expansion if the gradient is taken through that. */
function inputsOf(node: Node): readonly Tensor[] {
  return expansionOf(node) ?? node.inputs
}

/** Nodes whose value depends on a parameter. */
function dependents(order: readonly Node[], parameters: readonly Tensor[]): Set<Node> {
  const needed = new Set(parameters.map((parameter) => parameter.node))
  for (const node of order) if (inputsOf(node).some((tensor) => needed.has(tensor.node))) needed.add(node)
  return needed
}

/** Adds the gradients of the inputs of `node` to `found`. */
function backpropagate(
  node: Node,
  values: ForwardValues,
  needed: ReadonlySet<Node>,
  found: Map<Tensor, Tensor>,
): void {
  const given = node.outputs.map((tensor) => found.get(tensor))
  if (given.every((gradient) => gradient === undefined) || inputsOf(node).length === 0) return
  const { inputs, outputs } = values.again(node)
  const incoming = outputs.map((tensor, i) => given[i] ?? zerosLike(tensor))
  const sources = inputsOf(node)
  const outgoing = expansionOf(node) ? incoming : ruleOf(node)(inputs, outputs, incoming, node.attributes)
  for (const [i, source] of sources.entries()) {
    const gradient = outgoing[i]
    if (!gradient || !needed.has(source.node) || !isFloat(source.dtype)) continue
    const part = unbroadcast(gradient, source.shape)
    const sum = found.get(source)
    found.set(source, sum === undefined ? part : add(sum, part))
  }
}

function ruleOf(node: Node): NonNullable<Node['op']['vjp']> {
  if (node.op.vjp) return node.op.vjp.bind(node.op)
  const place = node.origin === undefined ? '' : ` at ${node.origin}`
  throw new GraphError(
    `gradients: ${node.op.name} has no gradient rule${place}. Stop the gradient before it, or use another operator.`,
  )
}
