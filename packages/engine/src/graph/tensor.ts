import type { DType, TensorData } from './dtype.ts'
import { arrayClass, sizeOf } from './dtype.ts'
import { DTypeError, EngineError, ShapeError } from './errors.ts'
import { isOnDemand } from './on-demand.ts'
import { type Shape, shapeText } from './shape.ts'

/** Settings of an operator; plain data. */
export type Attributes = object

/** What an operator says about one of its outputs before anything runs. */
export interface TensorType {
  readonly dtype: DType
  readonly shape: Shape
}

/** Everything the engine knows about one operator: shape rule, gradient rule, cost rule, and how it is emitted. */
export interface Operator<A extends Attributes = Attributes> {
  /** The ONNX operator it stands for, or a name of our own for one that is emitted differently. */
  readonly name: string
  infer(inputs: readonly Tensor[], attributes: A): readonly TensorType[]
  /** A gradient or null for each input. Broadcasts are undone by the walk, not here. */
  vjp?(
    inputs: readonly Tensor[],
    outputs: readonly Tensor[],
    gradients: readonly Tensor[],
    attributes: A,
  ): readonly (Tensor | null)[]
  /** Multiply-accumulates, counted as fvcore does; 0 where absent. */
  cost?(inputs: readonly Tensor[], outputs: readonly Tensor[], size: (shape: Shape) => number): number
  emit?(emitter: Emitter, node: Node<A>): void
  /**
   * Which inputs give the rows of its outputs, one from one (a row is everything along the last axis); `elements`: it works
   * element by element, broadcast. Absent: rows mix. For computing some rows only.
   */
  readonly rows?: 'elements' | ((inputs: readonly Tensor[], attributes: A) => readonly number[])
  /** The same values from simpler operators: used for gradients, and where a fused form is not wanted. */
  expand?(inputs: readonly Tensor[], attributes: A): readonly Tensor[]
}

/** One application of an operator. */
export interface Node<A extends Attributes = Attributes> {
  readonly op: Operator<A>
  readonly inputs: readonly Tensor[]
  readonly attributes: A
  readonly outputs: readonly Tensor[]
  /** Where in the model this is: the module of the nearest named weight, for instance `blocks.0.mlp.fc1`. */
  readonly origin: string | undefined
}

/** An immutable tensor of a graph: knows the node that makes it, its element type and its sizes. */
export interface Tensor extends TensorType {
  readonly node: Node
  /** Which output of the node this is. */
  readonly index: number
}

/** ONNX attribute with its kind spelled out; plain numbers are ints. */
export type OnnxAttribute = number | readonly number[] | string | { readonly float: number }

/** What an operator may do to write itself into an ONNX graph. */
export interface Emitter {
  /** Whether contributed (fused) operators are wanted. */
  readonly fused: boolean
  /** Name of a tensor already emitted. */
  nameOf(tensor: Tensor): string
  /** Whether anything reads this output. */
  isUsed(tensor: Tensor): boolean
  /** Adds an ONNX node; returns its first output's name. Without `outputs` a fresh name is made. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    outputs?: readonly string[],
    domain?: string,
  ): string
  /** Adds a constant (equal ones are stored once); returns its name. */
  constant(data: TensorData, name?: string): string
  /** Lets `tensor` be another name of an emitted value. */
  alias(tensor: Tensor, name: string): void
}

/** Applies `op` and returns all its outputs. Errors of shape or type gain the place in the model. */
export function apply<A extends Attributes>(
  op: Operator<A>,
  inputs: readonly Tensor[],
  attributes: A,
): readonly Tensor[] {
  const origin = originOf(inputs)
  let types: readonly TensorType[]
  try {
    types = op.infer(inputs, attributes)
  } catch (error) {
    if (origin !== undefined && error instanceof EngineError)
      error.message = `${error.message} (at ${origin})`
    throw error
  }
  const outputs: Tensor[] = []
  const node: Node<A> = { op, inputs, attributes, outputs, origin }
  for (const [index, type] of types.entries())
    outputs.push({ node: node as unknown as Node, index, dtype: type.dtype, shape: type.shape })
  return outputs
}

function originOf(inputs: readonly Tensor[]): string | undefined {
  for (const { node } of inputs) {
    const name = weightName(node)
    if (name !== undefined) return name.replace(/\.?[^.]*$/, '') || name
  }
  return inputs.find((tensor) => tensor.node.origin !== undefined)?.node.origin
}

function weightName(node: Node): string | undefined {
  if (node.op === (constantOp as unknown as Operator)) return (node.attributes as ConstantAttributes).name
  if (node.op !== (inputOp as unknown as Operator)) return undefined
  const { name, parameter } = node.attributes as InputAttributes
  return parameter ? name : undefined
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
export const inputOp: Operator<InputAttributes> = {
  name: 'Input',
  infer: (_inputs, { dtype, shape }) => [{ dtype, shape }],
}

/** Leaf: a value stored in the graph. */
export const constantOp: Operator<ConstantAttributes> = {
  name: 'Constant',
  infer: (_inputs, { data }) => [{ dtype: data.dtype, shape: data.shape }],
  emit(emitter, node) {
    const [output] = node.outputs as readonly [Tensor]
    emitter.alias(output, emitter.constant(node.attributes.data, node.attributes.name))
  },
}

/** A value given at every run. `shape` may hold symbols: `input('images', ['B', 3, 224, 224])`. */
export function input(name: string, shape: Shape, dtype: DType = 'float32'): Tensor {
  return apply(inputOp, [], { name, shape, dtype, parameter: false })[0] as Tensor
}

/** A trained weight: an input of fixed shape whose name says where in the model it sits. */
export function parameter(name: string, shape: readonly number[], dtype: DType = 'float32'): Tensor {
  return apply(inputOp, [], { name, shape, dtype, parameter: true })[0] as Tensor
}

/** A value stored in the graph; one on demand is not read yet. @throws ShapeError where the number of elements and the shape disagree. */
export function constant(data: TensorData, name?: string): Tensor {
  if (!isOnDemand(data)) checkElements(data, name)
  return apply(constantOp, [], { data, name })[0] as Tensor
}

function checkElements(data: TensorData, name: string | undefined): void {
  if (data.data.length !== sizeOf(data.shape))
    throw new ShapeError(
      `constant ${name ?? ''}: ${data.data.length} elements for shape ${shapeText(data.shape)}. Check the shape.`,
    )
  if (!(data.data instanceof arrayClass(data.dtype)))
    throw new DTypeError(`constant ${name ?? ''}: the array does not hold ${data.dtype}. Check the dtype.`)
}

/** Name of an input or parameter, else undefined. */
export function inputName(tensor: Tensor): string | undefined {
  return tensor.node.op === (inputOp as unknown as Operator)
    ? (tensor.node.attributes as InputAttributes).name
    : undefined
}
