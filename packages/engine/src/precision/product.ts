import type { TensorData } from '../graph/dtype.ts'
import type { Emitter, OnnxAttribute } from '../graph/tensor.ts'

/** y = x W^T + b with a constant W, whose precision may change. */
export interface Product {
  /** Name of x, [M, I]. */
  readonly x: string
  /** W, [O, I]. */
  readonly weight: TensorData<'float32'>
  /** Name of b, [O], if there is one. */
  readonly bias: string | undefined
}

/** Adds the nodes that replace a product. */
export interface Draft extends Pick<Emitter, 'node'> {
  /** True if operators of ONNX Runtime's own may be used. */
  readonly fused: boolean
  /** True if the device computes in half precision. */
  readonly halves: boolean
  /** True if weights of 8 bits must be limited to -63..63. */
  readonly narrow: boolean
  /** Adds a constant named after the weight of the product; returns its name. */
  constant(suffix: string, data: TensorData): string
  /** Adds a node with several outputs; returns their names. */
  nodes(opType: string, inputs: readonly string[], outputs: number): readonly string[]
}

/** Attributes of an ONNX node. */
export type Attributes = Readonly<Record<string, OnnxAttribute>>

/**
 * Adds nodes that compute a product; returns the name of y, or undefined if the sizes of the weight do not
 * allow it.
 */
export type ProductForm = (product: Product, draft: Draft) => string | undefined
