import type { DType, TensorData } from './dtype.ts'
import { arrayClass, sizeOf } from './dtype.ts'
import { DTypeError, EngineError, ShapeError } from './errors.ts'
import { isOnDemand } from './on-demand.ts'
import type { Attributes, Node, Operator, Tensor, Tensors, TensorType } from './operator.ts'
import { present } from './present.ts'
import { type Shape, shapeText } from './shape.ts'

export type * from './operator.ts'

/** Applies `op` and returns all its outputs. Errors of shape or type gain the place in the model. */
export function apply<A extends Attributes, In extends Tensors, Out extends Tensors>(
  op: Operator<A, In, Out>,
  inputs: NoInfer<In>,
  attributes: NoInfer<A>,
): Out {
  const origin = originOf(inputs)
  const outputs: Tensor[] = []
  // Filled below: each output refers to the node.
  const node: Node<A, In, Out> = { op, inputs, attributes, outputs: outputs as Tensors as Out, origin }
  for (const [index, type] of inferTypes(node).entries())
    outputs.push({ node, index, dtype: type.dtype, shape: type.shape })
  return node.outputs
}

function inferTypes({ op, inputs, attributes, origin }: Node): readonly TensorType[] {
  try {
    return op.infer(inputs, attributes)
  } catch (error) {
    if (origin !== undefined && error instanceof EngineError)
      error.message = `${error.message} (at ${origin})`
    throw error
  }
}

/** True if `node` is an application of `op`. */
export function isNodeOf<A extends Attributes, In extends Tensors, Out extends Tensors>(
  node: Node,
  op: Operator<A, In, Out>,
): node is Node<A, In, Out> {
  return node.op === op
}

function originOf(inputs: Tensors): string | undefined {
  for (const { node } of inputs) {
    const name = weightName(node)
    if (name !== undefined) return name.replace(/\.?[^.]*$/, '') || name
  }
  return inputs.find((tensor) => tensor.node.origin !== undefined)?.node.origin
}

/** Name of a constant or parameter, else undefined. */
export function weightName(node: Node): string | undefined {
  if (isNodeOf(node, constantOp)) return node.attributes.name
  return isNodeOf(node, inputOp) && node.attributes.parameter ? node.attributes.name : undefined
}

interface InputAttributes extends TensorType {
  readonly name: string
  readonly parameter: boolean
}

interface ConstantAttributes {
  readonly data: TensorData
  readonly name: string | undefined
}

/** Leaf: a value given at every run. */
export const inputOp: Operator<InputAttributes, readonly [], readonly [Tensor]> = {
  name: 'Input',
  infer: (_inputs, { dtype, shape }) => [{ dtype, shape }],
}

/** Leaf: a value stored in the graph. */
export const constantOp: Operator<ConstantAttributes, readonly [], readonly [Tensor]> = {
  name: 'Constant',
  infer: (_inputs, { data }) => [{ dtype: data.dtype, shape: data.shape }],
  emit(emitter, { outputs: [output], attributes: { data, name } }) {
    emitter.alias(output, emitter.constant(data, name))
  },
}

/** A value given at every run. `shape` may hold symbols: `input('images', ['B', 3, 224, 224])`. */
export function input(name: string, shape: Shape, dtype: DType = 'float32'): Tensor {
  return apply(inputOp, [], { name, shape, dtype, parameter: false })[0]
}

/** A trained weight: an input of fixed shape whose name is its place in the model. */
export function parameter(name: string, shape: readonly number[], dtype: DType = 'float32'): Tensor {
  return apply(inputOp, [], { name, shape, dtype, parameter: true })[0]
}

/**
 * A value stored in the graph. Values on demand are not read yet.
 * @throws ShapeError where the number of elements does not fit the shape
 * @throws DTypeError where the array does not fit the element type
 */
export function constant(data: TensorData, name?: string): Tensor {
  if (!isOnDemand(data)) checkElements(data, name)
  return apply(constantOp, [], { data, name })[0]
}

function checkElements(data: TensorData, name: string | undefined): void {
  if (data.data.length !== sizeOf(data.shape))
    throw new ShapeError(
      `constant ${name ?? ''}: ${data.data.length} elements for shape ${shapeText(data.shape)}. Check the shape.`,
    )
  if (!(data.data instanceof arrayClass(data.dtype)))
    throw new DTypeError(`constant ${name ?? ''}: the array does not hold ${data.dtype}. Check the dtype.`)
}

/** The first output of a node. */
export function firstOutput(node: Node): Tensor {
  return present(node.outputs[0], `an output of ${node.op.name}`)
}

/** Name of an input or parameter, else undefined. */
export function inputName({ node }: Tensor): string | undefined {
  return isNodeOf(node, inputOp) ? node.attributes.name : undefined
}
