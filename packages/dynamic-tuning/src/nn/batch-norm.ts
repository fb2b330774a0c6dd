import { batchNormalization, batchNormalizationTraining, dims, type Tensor } from '@dynamic-tuning/engine'
import { ones, zeros } from './initializers.ts'
import type { Weights } from './weight-store.ts'

/** How a batch norm is applied. */
export interface BatchNormOptions {
  /** True in a training pass: normalises by the batch and updates the running statistics. */
  readonly training: boolean
  /** Default 1e-5. */
  readonly epsilon?: number
  /** Share of a batch in the running statistics. Default 0.1. */
  readonly momentum?: number
}

/**
 * Batch normalisation of each channel with `weight` and `bias` [C] and the buffers `running_mean` and
 * `running_var` [C]: a training pass takes mean and biased variance of its batch and moves the buffers
 * towards its mean and unbiased variance; other passes take the buffers.
 * x: [B, C, ...] -> the same shape.
 * @throws ShapeError in training where a channel has only one value
 */
export function batchNorm(x: Tensor, weights: Weights, options: BatchNormOptions): Tensor {
  const { training, epsilon = 1e-5, momentum = 0.1 } = options
  const [, channels] = dims({ shape: x.shape.slice(0, 2) }, 'B C', 'batchNorm')
  const [weight, bias] = [weights.get('weight', [channels], ones), weights.get('bias', [channels], zeros)]
  const [mean, variance] = [
    weights.buffer('running_mean', [channels], zeros),
    weights.buffer('running_var', [channels], ones),
  ]
  const before = { mean: mean.value, variance: variance.value }
  if (!training) return batchNormalization(x, weight, bias, before, epsilon)
  const { y, running } = batchNormalizationTraining(x, weight, bias, before, { epsilon, momentum })
  mean.update(running.mean)
  variance.update(running.variance)
  return y
}
