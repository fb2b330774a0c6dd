import { gelu, type Tensor } from '@dynamic-tuning/engine'
import { type AfterLinear, linearLayer } from './linear.ts'
import type { Weights } from './weight-store.ts'

/**
 * fc2(GELU(fc1(x))) with the exact GELU and `hidden` inner features; `after` is called after both maps.
 * x: [..., C] -> [..., C].
 */
export function mlp(x: Tensor, weights: Weights, hidden: number, after: AfterLinear = (y) => y): Tensor {
  const inner = gelu(after(linearLayer(x, weights.at('fc1'), hidden), x, 'fc1'))
  return after(linearLayer(inner, weights.at('fc2'), Number(x.shape.at(-1))), inner, 'fc2')
}
