import { add, mul, type Tensor, type TensorData } from '@dynamic-tuning/engine'
import type { BackboneConfig } from '../models/backbone-config.ts'
import { layersOf, outerSites } from '../models/families.ts'
import { normal } from '../nn/initializers.ts'
import type { Weights } from '../nn/weight-store.ts'
import { copyOf, without } from './merging.ts'
import { defineTuner, type Tensors } from './tuner.ts'

/**
 * SSF (arXiv:2210.08823): y = gamma * y + beta after every linear map and norm of the model
 * except the head. gamma is `ssf_scale` and beta `ssf_shift`, one number per feature. Can be
 * merged into the preceding map or norm.
 */
export const ssf = defineTuner({
  name: 'ssf',
  summary: 'scale and shift of features after every map and norm, which merge into them',
  paper: 'arXiv:2210.08823',
  equation: 'y = gamma * y + beta after every linear map and norm',
  startsAsBase: false,
  trainable: [/\.ssf_(?:scale|shift)$/],
  parameterFormula: '2 (L (7 D + m D + D) + 2 D)',
  parameterCount(config) {
    const outside = outerSites(config).reduce((sum, { features }) => sum + features, 0)
    return 2 * layersOf(config).reduce((sum, { width, hidden }) => sum + hidden + 7 * width, outside)
  },
  open: () => ({
    hooks: {
      afterLinear: (y, _x, { weights }) => scaleAndShift(y, weights),
      afterNorm: (y, { weights }) => scaleAndShift(y, weights),
    },
  }),
  merge,
})

function scaleAndShift(y: Tensor, weights: Weights): Tensor {
  const features = [Number(y.shape.at(-1))]
  const scale = weights.get('ssf_scale', features, normal(0.02, 1))
  return add(mul(y, scale), weights.get('ssf_shift', features, normal(0.02)))
}

/** W = diag(gamma) W (rows, or output channels), b = gamma * b + beta; a map without bias gets one. */
function merge(tensors: Tensors, _config: BackboneConfig): Map<string, TensorData> {
  const merged = without(tensors, /\.ssf_(?:scale|shift)$/)
  for (const [name, value] of tensors) {
    const site = /^(.+)\.ssf_scale$/.exec(name)?.[1]
    if (site === undefined) continue
    const [scale, features] = [value.data as Float32Array, value.data.length]
    const weight = copyOf(tensors, `${site}.weight`)
    const shift = (tensors.get(`${site}.ssf_shift`) as TensorData<'float32'>).data
    const bias = tensors.get(`${site}.bias`)?.data as Float32Array | undefined
    const row = weight.data.length / features
    for (let i = 0; i < weight.data.length; i++)
      weight.data[i] = (weight.data[i] as number) * (scale[Math.floor(i / row)] as number)
    const shifted = shift.map((beta, i) => (scale[i] as number) * (bias?.[i] ?? 0) + beta)
    merged.set(`${site}.weight`, weight)
    merged.set(`${site}.bias`, { dtype: 'float32', shape: [features], data: shifted })
  }
  return merged
}
