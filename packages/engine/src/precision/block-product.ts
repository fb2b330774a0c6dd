import { emitDequantized, packHalfBytes } from '../ops/dequantize.ts'
import type { Draft, Product, ProductForm } from './product.ts'
import { type QuantizedRows, quantizeRows } from './quantize-rows.ts'

/** Bits of a weight, and sizes of blocks that share a scale, best first. */
export interface BlockSettings {
  readonly bits: 4 | 8
  readonly blocks: readonly number[]
}

/** Weights in blocks of one output's inputs. */
export interface BlockedWeights extends QuantizedRows {
  readonly block: number
}

/** Weights [O, I] in blocks, each with a scale; undefined where no size of block divides I. */
export function quantizeBlocks(
  { data, shape }: Product['weight'],
  { bits, blocks }: BlockSettings,
): BlockedWeights | undefined {
  const block = blocks.find((size) => (shape[1] as number) % size === 0)
  if (block === undefined) return undefined
  return { block, ...quantizeRows(data, data.length / block, 2 ** (bits - 1) - 1) }
}

/** Accuracy level at which ONNX Runtime rounds blocks of activations to 8 bits too: twice as fast, less error than W has. */
const roundedActivations = 4

/**
 * W alone in few bits, with a scale for each block of inputs of an output: `MatMulNBits` where ONNX Runtime's own operators
 * are wanted, else the weights become float32 again at every run.
 */
export function blockProduct(settings: BlockSettings): ProductForm {
  return (product, draft) => {
    const blocked = quantizeBlocks(product.weight, settings)
    if (blocked === undefined) return undefined
    return (draft.fused ? nBits : dequantized)(product, draft, blocked, settings.bits)
  }
}

function nBits({ x, weight, bias }: Product, draft: Draft, blocked: BlockedWeights, bits: 4 | 8): string {
  const [outputs, inputs] = weight.shape as readonly [number, number]
  const { values, scales, block } = blocked
  // Unsigned, around the operator's own zero point of half the range.
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
  const packed =
    bits === 8
      ? { dtype: 'int8' as const, shape: [rows, block], data: values }
      : { dtype: 'uint8' as const, shape: [rows, block / 2], data: packHalfBytes(values) }
  const w = draft.constant(`int${bits}`, packed)
  const scale = draft.constant('scale', { dtype: 'float32', shape: [rows], data: scales })
  const own = { constant: (data: Parameters<Draft['constant']>[1]) => draft.constant('shape', data) }
  const full = emitDequantized({ node: draft.node, ...own }, w, scale, { bits, block, shape: weight.shape })
  return draft.node('Gemm', [x, full, ...(bias === undefined ? [] : [bias])], { transA: 0, transB: 1 })
}
