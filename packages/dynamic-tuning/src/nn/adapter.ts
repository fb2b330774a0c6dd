import { linear, mul, relu, type Tensor } from '@dynamic-tuning/engine'
import { filledWith, kaimingUniform, zeros } from './initializers.ts'
import { linearLayer } from './linear.ts'
import type { Weights } from './weight-store.ts'

/** Size and strength of an adapter. */
export interface AdapterOptions {
  /** Features between the two linear maps, d in the paper. */
  readonly bottleneck: number
  /** Factor s of what the adapter adds. */
  readonly adapterScale: number
  /** Whether the factor is a weight of its own, `scale` [1], that starts at `adapterScale`. */
  readonly learnableScale?: boolean
  /** Factors after the ReLU while training, [B, N, d]: 0 where dropped, 1 / (1 - p) elsewhere. */
  readonly dropout?: Tensor | undefined
}

/**
 * s (ReLU(x W_down + b_down) W_up + b_up), AdaptFormer's adapter as Dynamic Tuning uses it (Eq. 3): no norm before it.
 * A new one adds nothing, W_up and the biases being zero. x: [..., C] -> [..., C].
 */
export function adapter(x: Tensor, weights: Weights, options: AdapterOptions): Tensor {
  const { bottleneck, adapterScale, learnableScale = false, dropout } = options
  const width = Number(x.shape.at(-1))
  const hidden = relu(linearLayer(x, weights.at('down_proj'), bottleneck, { weight: kaimingUniform }))
  const kept = dropout === undefined ? hidden : mul(hidden, dropout)
  const up = weights.at('up_proj')
  const [weight, bias] = [up.get('weight', [width, bottleneck], zeros), up.get('bias', [width], zeros)]
  if (learnableScale) return scaled(linear(kept, weight, bias), weights, options)
  // The small weights are scaled, not the many tokens: frozen ones are once and for all.
  const scaling = (tensor: Tensor): Tensor => (adapterScale === 1 ? tensor : mul(tensor, adapterScale))
  return linear(kept, scaling(weight), scaling(bias))
}

/** What an adapter adds: its output times its scale. */
export function scaled(
  output: Tensor,
  weights: Weights,
  { adapterScale, learnableScale = false }: AdapterOptions,
): Tensor {
  if (learnableScale) return mul(output, weights.get('scale', [1], filledWith(adapterScale)))
  return adapterScale === 1 ? output : mul(output, adapterScale)
}
