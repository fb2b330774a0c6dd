import { onnxDTypes } from '../graph/onnx-dtype.ts'
import type { ProductForm } from './product.ts'
import { quantizeRows } from './quantize-rows.ts'

/**
 * y = s_x s_w (x_q - z) W_q^T + b: W in 8 bits with a scale for each output, x in 8 bits with one scale and zero point, taken
 * from its smallest and largest value at every run. Standard operators, which ONNX Runtime fuses into one by itself.
 */
export const int8Product: ProductForm = ({ x, weight, bias }, draft) => {
  const [outputs, inputs] = weight.shape as readonly [number, number]
  const { values, scales } = quantizeRows(weight.data, outputs, draft.narrow ? 63 : 127)
  const data = transposed(values, outputs, inputs)
  const w = draft.constant('int8', { dtype: 'int8', shape: [inputs, outputs], data })
  const wScale = draft.constant('scale', { dtype: 'float32', shape: [outputs], data: scales })
  const [xq, xScale, xZero] = draft.nodes('DynamicQuantizeLinear', [x], 3) as [string, string, string]
  const sums = draft.node('MatMulInteger', [xq, w, xZero])
  const single = draft.node('Cast', [sums], { to: onnxDTypes.float32 })
  const y = draft.node('Mul', [single, draft.node('Mul', [xScale, wScale])])
  return bias === undefined ? y : draft.node('Add', [y, bias])
}

function transposed(values: Int8Array, rows: number, columns: number): Int8Array {
  const result = new Int8Array(values.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = values[row * columns + column] as number
  return result
}
