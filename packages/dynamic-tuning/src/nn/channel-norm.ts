import { add, dims, div, mul, reduceMean, reshape, sqrt, sub, type Tensor } from '@dynamic-tuning/engine'
import { ones, zeros } from './initializers.ts'
import type { Weights } from './weight-store.ts'

const channels = { axes: [1], keepDims: true }

/**
 * Layer normalisation of every pixel over its channels, as in ViTDet (arXiv:2203.16527): (x - mean) /
 * sqrt(variance + epsilon) * `weight` + `bias`, both [C]. As in the official code it consists of elementary
 * operators, which papers do not count as FLOPs. x: [B, C, H, W] -> the same.
 */
export function channelNorm(x: Tensor, weights: Weights, epsilon = 1e-6): Tensor {
  const [, count] = dims(x, 'B C _ _', 'channelNorm')
  const own = (name: 'weight' | 'bias', init: typeof ones): Tensor =>
    reshape(weights.get(name, [count], init), [1, count, 1, 1])
  const centred = sub(x, reduceMean(x, channels))
  const deviation = sqrt(add(reduceMean(mul(centred, centred), channels), epsilon))
  return add(mul(div(centred, deviation), own('weight', ones)), own('bias', zeros))
}
