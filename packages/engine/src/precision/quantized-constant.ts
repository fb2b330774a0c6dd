import type { TensorData } from '../graph/dtype.ts'
import { constant, type Tensor } from '../graph/tensor.ts'
import { dequantize, packHalfBytes } from '../ops/dequantize.ts'
import { quantizeBlocks } from './block-product.ts'
import { blockSettings } from './forms.ts'
import { dequantizeRows } from './quantize-rows.ts'

/** Precisions that change only the weights. */
export type WeightPrecision = 'int8-weights' | 'int4-weights'

/**
 * A constant matrix [O, I] that is stored in few bits and converted to float32 where it is used. Gradients
 * convert it again, so no float32 copy stays in memory. undefined if no block size divides I. The stored
 * constants are named after `name`.
 */
export function quantizedConstant(
  weight: TensorData<'float32'>,
  precision: WeightPrecision,
  name: string,
): Tensor | undefined {
  const settings = blockSettings[precision]
  const blocked = weight.shape.length === 2 ? quantizeBlocks(weight, settings) : undefined
  if (blocked === undefined) return undefined
  const { values, scales, block } = blocked
  const { bits } = settings
  const rows = scales.length
  const packed: TensorData =
    bits === 8
      ? { dtype: 'int8', shape: [rows, block], data: values }
      : { dtype: 'uint8', shape: [rows, block / 2], data: packHalfBytes(values) }
  const place = name.replace(/\.[^.]*$/, '')
  const integers = constant(packed, `${place}.int${bits}`)
  const factors = constant({ dtype: 'float32', shape: [rows], data: scales }, `${place}.scale`)
  return dequantize(integers, factors, { bits, block, shape: weight.shape })
}

/** The numbers that `quantizedConstant` represents; the weight itself if it cannot be quantized. */
export function roundedWeight(
  weight: TensorData<'float32'>,
  precision: WeightPrecision,
): TensorData<'float32'> {
  const blocked = weight.shape.length === 2 ? quantizeBlocks(weight, blockSettings[precision]) : undefined
  return blocked === undefined ? weight : { ...weight, data: dequantizeRows(blocked) }
}
