import { halfBits } from '../graph/float16.ts'
import { onnxDTypes } from '../graph/onnx-dtype.ts'
import type { ProductForm } from './product.ts'

/**
 * W in half precision. Devices that compute in it get x in half precision too. On others such products are
 * far slower than those in single precision, so W is converted to single when the model is opened.
 */
export const halfProduct: ProductForm = ({ x, weight, bias }, draft) => {
  const data = Uint16Array.from(weight.data, halfBits)
  const halves = draft.constant('fp16', { dtype: 'float16', shape: weight.shape, data })
  const cast = (name: string, dtype: 'float16' | 'float32'): string =>
    draft.node('Cast', [name], { to: onnxDTypes[dtype] })
  const product = (...names: string[]): string => draft.node('Gemm', names, { transA: 0, transB: 1 })
  if (!draft.halves) return product(x, cast(halves, 'float32'), ...(bias === undefined ? [] : [bias]))
  const y = cast(product(cast(x, 'float16'), halves), 'float32')
  return bias === undefined ? y : draft.node('Add', [y, bias])
}
