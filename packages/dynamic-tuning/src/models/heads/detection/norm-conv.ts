import type { Tensor } from '@dynamic-tuning/engine'
import { channelNorm } from '../../../nn/channel-norm.ts'
import { type ConvLayerOptions, conv2d } from '../../../nn/conv2d.ts'
import type { Weights } from '../../../nn/weight-store.ts'

/**
 * Convolution without bias, `weight`, followed by a channel norm, `norm.weight` and `norm.bias`; an odd
 * kernel is padded so that the map keeps its size. x: [B, C, H, W] -> [B, features, H, W].
 */
export function normConv(
  x: Tensor,
  weights: Weights,
  features: number,
  { kernel, init }: { readonly kernel: 1 | 3 } & Pick<ConvLayerOptions, 'init'>,
): Tensor {
  const padding = kernel === 3 ? 1 : 0
  return channelNorm(
    conv2d(x, weights, features, { kernel, padding, bias: false, ...(init && { init }) }),
    weights.at('norm'),
  )
}
