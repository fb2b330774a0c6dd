export { gradients } from './autodiff/gradients.ts'
export * from './graph/dtype.ts'
export * from './graph/errors.ts'
export { printGraph } from './graph/print.ts'
export { filled, scalar } from './graph/scalar.ts'
export {
  type Dim,
  divideDims,
  evaluateDim,
  evaluateSize,
  multiplyDims,
  type Shape,
  shapeText,
} from './graph/shape.ts'
export { constant, input, type Node, parameter, type Tensor } from './graph/tensor.ts'
export { topologicalOrder } from './graph/walk.ts'
export { type LowerOptions, lower } from './onnx/lower.ts'
export type { OnnxModel, OnnxNode, OnnxValue } from './onnx/model.ts'
export { decodeModel } from './onnx/reader.ts'
export { type Field, MessageWriter, readFields } from './onnx/wire.ts'
export { encodeModel } from './onnx/writer.ts'
export { gelu, relu } from './ops/activation.ts'
export { attention } from './ops/attention.ts'
export { cast, equal, greater, masked, or, where } from './ops/compare.ts'
export { cumSum } from './ops/cum-sum.ts'
export { abs, add, div, erf, exp, log, mul, neg, sigmoid, sqrt, sub, tanh } from './ops/elementwise.ts'
export { gather, gatherRows, nonZero, oneHot, scatterAddRows, scatterRows, zerosLike } from './ops/gather.ts'
export { gatherBatched, scatterAddBatched } from './ops/gather-batched.ts'
export { type Rows, rowMask, stopGradient, straightThrough } from './ops/gradient-control.ts'
export { layerNormalization } from './ops/layer-normalization.ts'
export { gemm, linear, matMul } from './ops/matrix.ts'
export { argMax, type ReduceOptions, reduceMax, reduceMean, reduceSum } from './ops/reduce.ts'
export { expandLike, reshape, transpose } from './ops/shape.ts'
export { concat, pad, slice, split } from './ops/slice.ts'
export { logSoftmax, softmax } from './ops/softmax.ts'
export { type TopK, topK } from './ops/top-k.ts'
export { applyPrecision } from './precision/apply-precision.ts'
export { type Precision, type PrecisionOptions, precisions } from './precision/precision.ts'
export { dequantizeRows, type QuantizedRows, quantizeRows } from './precision/quantize-rows.ts'
export { quantizedConstant, roundedWeight, type WeightPrecision } from './precision/quantized-constant.ts'
export { type Random, random, type StreamKey } from './random/random.ts'
export { narrow } from './rewrite/narrow.ts'
export { share } from './rewrite/share.ts'
export type { CompileOptions, Device, Feeds, Program, Session } from './runtime/program.ts'
