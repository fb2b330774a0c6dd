import { conv, convTranspose, dims, type Pair, type Tensor, type WindowOptions } from '@dynamic-tuning/engine'
import { type Initializer, kaimingUniform, uniform } from './initializers.ts'
import type { Weights } from './weight-store.ts'

/** The kernel of a convolution, how it moves, and how its weights start. */
export interface ConvLayerOptions extends WindowOptions {
  /** Rows and columns of the kernel; one number stands for both. */
  readonly kernel: number | Pair
  /** Groups of channels that are convolved apart. Default 1. */
  readonly groups?: number
  /** False for no bias, as before a batch norm. Default true. */
  readonly bias?: boolean
  /** Initial kernel. Default: uniform in +-1 / sqrt(elements of its last three axes), as PyTorch has it. */
  readonly init?: Initializer
  /** Initial bias. Default: uniform within the same bounds. */
  readonly biasInit?: Initializer
}

/**
 * Convolution with `weight` [features, C / groups, rows, columns] and `bias` [features].
 * x: [B, C, H, W] -> [B, features, H', W'], see `conv` of the engine.
 */
export function conv2d(x: Tensor, weights: Weights, features: number, options: ConvLayerOptions): Tensor {
  const [, channels] = dims(x, 'B C _ _', 'conv2d')
  const { groups = 1 } = options
  const weight = kernelOf(weights, [features, channels / groups], options)
  return conv(x, weight, { ...windowOf(options), groups, ...biasOf(weights, features, weight, options) })
}

/**
 * Transposed convolution with `weight` [C, features / groups, rows, columns] and `bias` [features].
 * x: [B, C, H, W] -> [B, features, H', W'], see `convTranspose` of the engine.
 */
export function convTranspose2d(
  x: Tensor,
  weights: Weights,
  features: number,
  options: ConvLayerOptions,
): Tensor {
  const [, channels] = dims(x, 'B C _ _', 'convTranspose2d')
  const { groups = 1 } = options
  const weight = kernelOf(weights, [channels, features / groups], options)
  return convTranspose(x, weight, {
    ...windowOf(options),
    groups,
    ...biasOf(weights, features, weight, options),
  })
}

/** The settings that are those of the window. */
function windowOf({ stride = 1, padding = 0, dilation = 1 }: WindowOptions): Required<WindowOptions> {
  return { stride, padding, dilation }
}

function kernelOf(weights: Weights, channels: readonly number[], options: ConvLayerOptions): Tensor {
  const { kernel, init = kaimingUniform } = options
  return weights.get(
    'weight',
    [...channels, ...(typeof kernel === 'number' ? [kernel, kernel] : kernel)],
    init,
  )
}

function biasOf(
  weights: Weights,
  features: number,
  weight: Tensor,
  { bias = true, biasInit }: ConvLayerOptions,
): { readonly bias?: Tensor } {
  const [, ...fan] = dims(weight, 'O C H W', 'conv2d')
  const bound = 1 / Math.sqrt(fan.reduce((a, b) => a * b))
  return bias ? { bias: weights.get('bias', [features], biasInit ?? uniform(bound)) } : {}
}
