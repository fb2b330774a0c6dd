import { linear, type Tensor } from '@dynamic-tuning/engine'
import { type Initializer, truncatedNormal, zeros } from './initializers.ts'
import type { Weights } from './weight-store.ts'

/** Initial values of a linear layer. Default: timm's truncated normal with std 0.02, and zero bias. */
export interface LinearInit {
  readonly weight?: Initializer
  readonly bias?: Initializer | undefined
}

/**
 * Called after the linear map `name` with its output y [..., O] and its input x
 * [..., I]; returns the new output.
 */
export type AfterLinear = (y: Tensor, x: Tensor, name: string) => Tensor

/** y = x W^T + b with W `weight` [features, I] and b `bias` [features]. x: [..., I] -> [..., features]. */
export function linearLayer(x: Tensor, weights: Weights, features: number, init: LinearInit = {}): Tensor {
  const { weight = truncatedNormal(0.02), bias = zeros } = init
  const w = weights.get('weight', [features, Number(x.shape.at(-1))], weight)
  return linear(x, w, weights.get('bias', [features], bias))
}

/** A linear layer without bias. */
export function linearWithoutBias(
  x: Tensor,
  weights: Weights,
  features: number,
  weight: Initializer = truncatedNormal(0.02),
): Tensor {
  return linear(x, weights.get('weight', [features, Number(x.shape.at(-1))], weight))
}
