import { linear, slice, type Tensor } from '@dynamic-tuning/engine'
import { type Initializer, kaimingUniform, zeros } from './initializers.ts'
import type { Weights } from './weight-store.ts'

/** Sizes of a bottleneck, and what happens between its two maps. */
export interface BottleneckOptions {
  /** h, features between the two maps. */
  readonly features: number
  /** Inner features of the stored weights, of which the first h are used. Default: h. */
  readonly stored?: number | undefined
  readonly activation: (x: Tensor) => Tensor
  /** Dropout: called on the inner features [..., h] after the activation. */
  readonly drop?: (inner: Tensor) => Tensor
  readonly init?: { readonly down: Initializer; readonly up: Initializer; readonly bias: Initializer }
}

/** A new bottleneck adds nothing, yet every weight except `down` has a gradient from the first step. */
const usual = { down: kaimingUniform, up: zeros, bias: zeros }

/**
 * act(x Wd^T + bd) Wu^T + bu with weights `down.weight` [h, C], `up.weight` [C, h] and their biases: a
 * sequential adapter (arXiv:1902.00751) without its residual.
 * x: [..., C] -> [..., C].
 */
export function bottleneck(x: Tensor, weights: Weights, options: BottleneckOptions): Tensor {
  const { features: h, stored = h, activation, drop = (inner) => inner, init = usual } = options
  const width = Number(x.shape.at(-1))
  const down = leading(weights.get('down.weight', [stored, width], init.down), 0, h)
  const downBias = leading(weights.get('down.bias', [stored], init.bias), 0, h)
  const up = leading(weights.get('up.weight', [width, stored], init.up), 1, h)
  const inner = drop(activation(linear(x, down, downBias)))
  return linear(inner, up, weights.get('up.bias', [width], init.bias))
}

/** The first `count` of x along `axis`. */
export function leading(x: Tensor, axis: number, count: number): Tensor {
  return x.shape[axis] === count ? x : slice(x, axis, 0, count)
}
