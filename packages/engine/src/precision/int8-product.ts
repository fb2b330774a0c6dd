import { dims } from '../graph/dims.ts'
import { onnxDTypes } from '../graph/onnx-dtype.ts'
import { present } from '../graph/present.ts'
import type { ProductForm } from './product.ts'
import { quantizeRows } from './quantize-rows.ts'

/**
 * y = s_x s_w (x_q - z) W_q^T + b. W has 8 bits and a scale for each output; x has 8 bits, one scale and one
 * zero point, computed from its smallest and largest value at every run. Standard operators, which ONNX
 * Runtime fuses into one.
 */
export const int8Product: ProductForm = ({ x, weight, bias }, draft) => {
  const [outputs, inputs] = dims(weight, 'O I', 'int8')
  const { values, scales } = quantizeRows(weight.data, outputs, draft.narrow ? 63 : 127)
  const data = transposed(values, outputs, inputs)
  const w = draft.constant('int8', { dtype: 'int8', shape: [inputs, outputs], data })
  const wScale = draft.constant('scale', { dtype: 'float32', shape: [outputs], data: scales })
  const quantized = draft.nodes('DynamicQuantizeLinear', [x], 3)
  const output = (i: number): string => present(quantized[i], 'an output of DynamicQuantizeLinear')
  const sums = draft.node('MatMulInteger', [output(0), w, output(2)])
  const single = draft.node('Cast', [sums], { to: onnxDTypes.float32 })
  const y = draft.node('Mul', [single, draft.node('Mul', [output(1), wScale])])
  return bias === undefined ? y : draft.node('Add', [y, bias])
}

function transposed(values: Int8Array, rows: number, columns: number): Int8Array {
  const result = new Int8Array(values.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = values[row * columns + column] as number
  return result
}
