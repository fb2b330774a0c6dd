import type { DType, TensorData } from './dtype.ts'
import type { Shape } from './shape.ts'

/** Settings of an operator; plain data. */
export type Attributes = object

/** Element type and shape of a tensor. */
export interface TensorType {
  readonly dtype: DType
  readonly shape: Shape
}

/** A list of tensors. */
export type Tensors = readonly Tensor[]

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
