import { relu, type Tensor } from '@dynamic-tuning/engine'
import { type BatchNormOptions, batchNorm } from './batch-norm.ts'
import { type ConvLayerOptions, conv2d } from './conv2d.ts'
import { kaimingNormalOut } from './initializers.ts'
import type { Weights } from './weight-store.ts'

/** A convolution followed by a batch norm. */
export interface ConvUnitOptions extends Omit<ConvLayerOptions, 'bias'>, BatchNormOptions {}

/**
 * Convolution without bias, batch norm, ReLU: `conv.weight` and `bn.weight`, `bn.bias`, `bn.running_mean`,
 * `bn.running_var`. x: [B, C, H, W] -> [B, features, H', W'].
 */
export function convUnit(x: Tensor, weights: Weights, features: number, options: ConvUnitOptions): Tensor {
  const { init = kaimingNormalOut } = options
  const mapped = conv2d(x, weights.at('conv'), features, { ...options, bias: false, init })
  return relu(batchNorm(mapped, weights.at('bn'), options))
}
