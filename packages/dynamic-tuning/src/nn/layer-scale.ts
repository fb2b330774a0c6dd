import { mul, type Tensor } from '@dynamic-tuning/engine'
import { filledWith } from './initializers.ts'
import type { Weights } from './weight-store.ts'

/**
 * Layer scale (arXiv:2103.17239): y = x * gamma, with one factor per feature, `gamma`
 * [C], that starts at `initial`.
 * x: [..., C] -> [..., C].
 */
export function layerScale(x: Tensor, weights: Weights, initial: number): Tensor {
  return mul(x, weights.get('gamma', [Number(x.shape.at(-1))], filledWith(initial)))
}
