import type { DType, TensorData } from './dtype.ts'
import { arrayClass, sizeOf } from './dtype.ts'
import { DTypeError, EngineError, ShapeError } from './errors.ts'
import { isOnDemand } from './on-demand.ts'
import { present } from './present.ts'
import { type Shape, shapeText } from './shape.ts'

/** Settings of an operator; plain data. */
export type Attributes = object

/** Element type and shape of a tensor. */
export interface TensorType {
  readonly dtype: DType
  readonly shape: Shape
}

type Tensors = readonly Tensor[]

/**
 * Everything the engine knows about one operator: its shape rule, its gradient rule, its cost, and how it is
 * written to ONNX. `A` is the type of its settings, `In` and `Out` are those of its inputs and outputs:
 * `readonly [Tensor, Tensor]`. Inputs that may be left out are a rest element:
 * `readonly [Tensor, ...Tensor[]]`.
 */
export interface Operator<
  A extends Attributes = Attributes,
  In extends Tensors = Tensors,
  Out extends Tensors = Tensors,
> {
  /** Name of the ONNX operator, or a name of our own if `emit` writes something else. */
  readonly name: string
  /** Types of the outputs. */
  infer(inputs: In, attributes: A): readonly TensorType[]
  /** A gradient or null for each input. Need not undo broadcasts: `gradients` does. */
  vjp?(inputs: In, outputs: Out, gradients: Out, attributes: A): readonly (Tensor | null)[]
  /** Multiply-accumulates, counted as fvcore does; 0 if absent. */
  cost?(inputs: In, outputs: Out, size: (shape: Shape) => number): number
  /** Writes the operator to ONNX; if absent, as one node with the same name and settings. */
  emit?(emitter: Emitter, node: Node<A, In, Out>): void
  /**
   * Inputs whose row i alone gives row i of the outputs (a row is everything along the last axis).
   * `elements`: the operator works on single elements, broadcast. Absent: rows mix. Used to compute only some
   * of the rows.
   */
  rows?(inputs: In, attributes: A): 'elements' | readonly number[]
  /** The same values from simpler operators, for gradients and for ONNX without fused operators. */
  expand?(inputs: In, attributes: A): readonly Tensor[]
}

/** Operator of one input and one output. */
export type UnaryOperator<A extends Attributes = Attributes> = Operator<
  A,
  readonly [Tensor],
  readonly [Tensor]
>

/** Operator of two inputs and one output. */
export type BinaryOperator<A extends Attributes = Attributes> = Operator<
  A,
  readonly [Tensor, Tensor],
  readonly [Tensor]
>

/** Operator of three inputs and one output. */
export type TernaryOperator<A extends Attributes = Attributes> = Operator<
  A,
  readonly [Tensor, Tensor, Tensor],
  readonly [Tensor]
>

/** One application of an operator. */
export interface Node<
  A extends Attributes = Attributes,
  In extends Tensors = Tensors,
  Out extends Tensors = Tensors,
> {
  readonly op: Operator<A, In, Out>
  readonly inputs: In
  readonly attributes: A
  readonly outputs: Out
  /** Where in the model this is: the module of the nearest named weight, such as `blocks.0.mlp.fc1`. */
  readonly origin: string | undefined
}

/** An immutable tensor of a graph, with the node that computes it. */
export interface Tensor extends TensorType {
  readonly node: Node
  /** Which output of the node this is. */
  readonly index: number
}

/** ONNX attribute with its kind spelled out; plain numbers are ints. */
export type OnnxAttribute = number | readonly number[] | string | { readonly float: number }

/** Writes an operator into an ONNX graph. */
export interface Emitter {
  /** True if operators of ONNX Runtime's own (fused ones) may be used. */
  readonly fused: boolean
  /** Name of a tensor in the ONNX graph. */
  nameOf(tensor: Tensor): string
  /** True if anything reads this output. */
  isUsed(tensor: Tensor): boolean
  /** Adds an ONNX node; returns its first output's name, a new one if `outputs` is absent. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    outputs?: readonly string[],
    domain?: string,
  ): string
  /** Adds a constant (equal ones are stored once); returns its name. */
  constant(data: TensorData, name?: string): string
  /** Makes `name`, already in the graph, the name of `tensor`. */
  alias(tensor: Tensor, name: string): void
}

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

function weightName(node: Node): string | undefined {
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
