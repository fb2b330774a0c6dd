import { gelu, type Tensor } from '@dynamic-tuning/engine'
import { linearLayer } from './linear.ts'
import type { Weights } from './weight-store.ts'

/** fc2(GELU(fc1(x))) with the exact GELU. x: [..., C] -> [..., C], `hidden` features between. */
export function mlp(x: Tensor, weights: Weights, hidden: number): Tensor {
  const inner = gelu(linearLayer(x, weights.at('fc1'), hidden))
  return linearLayer(inner, weights.at('fc2'), Number(x.shape.at(-1)))
}
