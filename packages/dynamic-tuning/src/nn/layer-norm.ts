import { layerNormalization, type Tensor } from '@dynamic-tuning/engine'
import { ones, zeros } from './initializers.ts'
import type { Weights } from './weight-store.ts'

/** Layer normalisation over the last axis with `weight` and `bias` [C]. x: [..., C] -> [..., C]. */
export function layerNorm(x: Tensor, weights: Weights, epsilon: number): Tensor {
  const width = [Number(x.shape.at(-1))]
  return layerNormalization(x, weights.get('weight', width, ones), weights.get('bias', width, zeros), epsilon)
}
