import type { TensorData } from '../graph/dtype.ts'
import { constant, type Tensor } from '../graph/tensor.ts'
import { dequantize, packHalfBytes } from '../ops/dequantize.ts'
import { quantizeBlocks } from './block-product.ts'
import { blockSettings } from './forms.ts'
import { dequantizeRows } from './quantize-rows.ts'

/** Precisions in which weights alone are kept. */
export type WeightPrecision = keyof typeof blockSettings

/**
 * A constant matrix [O, I] that is stored in few bits and becomes float32 where it is used: in a gradient anew, so that no
 * float32 copy is kept meanwhile. undefined where no size of block divides I. Its places in the model are called after `name`.
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

/** The numbers that `quantizedConstant` stands for; the weight itself where it cannot be kept in few bits. */
export function roundedWeight(
  weight: TensorData<'float32'>,
  precision: WeightPrecision,
): TensorData<'float32'> {
  const blocked = weight.shape.length === 2 ? quantizeBlocks(weight, blockSettings[precision]) : undefined
  return blocked === undefined ? weight : { ...weight, data: dequantizeRows(blocked) }
}
