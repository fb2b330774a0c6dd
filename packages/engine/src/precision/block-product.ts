import { dims } from '../graph/dims.ts'
import type { TensorData } from '../graph/dtype.ts'
import { emitDequantized, packHalfBytes } from '../ops/dequantize.ts'
import type { Draft, Product, ProductForm } from './product.ts'
import { type QuantizedRows, quantizeRows } from './quantize-rows.ts'

/** Bits of a weight, and sizes of the blocks that share a scale, preferred ones first. */
export interface BlockSettings {
  readonly bits: 4 | 8
  readonly blocks: readonly number[]
}

/** Weights in blocks: some inputs of one output each. */
export interface BlockedWeights extends QuantizedRows {
  readonly block: number
}

/** Quantizes weights [O, I] in blocks, each with a scale; undefined if no block size divides I. */
export function quantizeBlocks(
  weight: Product['weight'],
  { bits, blocks }: BlockSettings,
): BlockedWeights | undefined {
  const { data } = weight
  const [, I] = dims(weight, 'O I', 'quantizeBlocks')
  const block = blocks.find((size) => I % size === 0)
  if (block === undefined) return undefined
  return { block, ...quantizeRows(data, data.length / block, 2 ** (bits - 1) - 1) }
}

/**
 * ONNX Runtime rounds blocks of activations to 8 bits too: twice as fast, and a smaller error than that of W.
 */
const roundedActivations = 4

/**
 * Weights in few bits, activations in float32; one scale for each block of inputs of an output. With `fused`
 * it is the operator `MatMulNBits`; otherwise the weights are converted to float32 at every run.
 */
export function blockProduct(settings: BlockSettings): ProductForm {
  return (product, draft) => {
    const blocked = quantizeBlocks(product.weight, settings)
    if (blocked === undefined) return undefined
    return (draft.fused ? nBits : dequantized)(product, draft, blocked, settings.bits)
  }
}

function nBits({ x, weight, bias }: Product, draft: Draft, blocked: BlockedWeights, bits: 4 | 8): string {
  const [outputs, inputs] = dims(weight, 'O I', 'MatMulNBits')
  const { values, scales, block } = blocked
  // Unsigned: the operator's zero point is half of the range.
  const bytes = bits === 8 ? Uint8Array.from(values, (value) => value + 128) : packHalfBytes(values)
  const shape = [outputs, inputs / block, (block * bits) / 8]
  const w = draft.constant(`int${bits}`, { dtype: 'uint8', shape, data: bytes })
  const scale = draft.constant('scale', { dtype: 'float32', shape: [scales.length], data: scales })
  const attributes = { K: inputs, N: outputs, bits, block_size: block, accuracy_level: roundedActivations }
  const names = [x, w, scale, ...(bias === undefined ? [] : ['', '', bias])]
  return draft.node('MatMulNBits', names, attributes, undefined, 'com.microsoft')
}

function dequantized(
  { x, weight, bias }: Product,
  draft: Draft,
  { values, scales, block }: BlockedWeights,
  bits: 4 | 8,
): string {
  const rows = scales.length
  const packed: TensorData =
    bits === 8
      ? { dtype: 'int8', shape: [rows, block], data: values }
      : { dtype: 'uint8', shape: [rows, block / 2], data: packHalfBytes(values) }
  const w = draft.constant(`int${bits}`, packed)
  const scale = draft.constant('scale', { dtype: 'float32', shape: [rows], data: scales })
  const own = { constant: (data: TensorData) => draft.constant('shape', data) }
  const full = emitDequantized({ node: draft.node, ...own }, w, scale, { bits, block, shape: weight.shape })
  return draft.node('Gemm', [x, full, ...(bias === undefined ? [] : [bias])], { transA: 0, transB: 1 })
}
