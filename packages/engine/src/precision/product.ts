import type { TensorData } from '../graph/dtype.ts'
import type { Emitter, OnnxAttribute } from '../graph/tensor.ts'

/** y = x W^T + b with a constant W: what a precision may compute in another way. */
export interface Product {
  /** Name of x, [M, I]. */
  readonly x: string
  /** W, [O, I]. */
  readonly weight: TensorData<'float32'>
  /** Name of b, [O], where there is one. */
  readonly bias: string | undefined
}

/** Where the nodes of a rewritten product go. */
export interface Draft extends Pick<Emitter, 'node'> {
  /** Whether operators of ONNX Runtime alone are wanted. */
  readonly fused: boolean
  /** Whether the device computes in half precision itself. */
  readonly halves: boolean
  /** Whether 8-bit products may saturate where numbers are large. */
  readonly narrow: boolean
  /** Adds a constant called after the product's weight; returns its name. */
  constant(suffix: string, data: TensorData): string
  /** Adds a node with several outputs; returns their names. */
  nodes(opType: string, inputs: readonly string[], outputs: number): readonly string[]
}

/** Attributes of an ONNX node. */
export type Attributes = Readonly<Record<string, OnnxAttribute>>

/** Computes a product in another way; returns the name of y, or undefined where the weight's sizes do not allow it. */
export type ProductForm = (product: Product, draft: Draft) => string | undefined
