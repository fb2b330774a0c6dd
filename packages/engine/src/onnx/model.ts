import type { DType, TensorData } from '../graph/dtype.ts'
import type { Shape } from '../graph/shape.ts'
import type { OnnxAttribute } from '../graph/tensor.ts'

/** Version of the ONNX operators we write: `Gelu` and reductions with axes as inputs need it. */
export const opset = 20

/** One node of an ONNX graph. */
export interface OnnxNode {
  readonly opType: string
  readonly domain: string
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, OnnxAttribute>>
}

/** Name, element type and sizes of a graph's input or output. */
export interface OnnxValue {
  readonly name: string
  readonly dtype: DType
  readonly shape: Shape
}

/** An ONNX model as plain data, between graph and file. */
export interface OnnxModel {
  readonly nodes: readonly OnnxNode[]
  readonly initializers: ReadonlyMap<string, TensorData>
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly metadata: Readonly<Record<string, string>>
}
