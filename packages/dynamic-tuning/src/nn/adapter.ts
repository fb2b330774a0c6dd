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
  /** True if the factor is trained: a weight `scale` [1] that starts at `adapterScale`. */
  readonly learnableScale?: boolean
  /** Dropout factors after the ReLU in training, [B, N, d]: 0 where dropped, 1 / (1 - p) elsewhere. */
  readonly dropout?: Tensor | undefined
}

/**
 * AdaptFormer's adapter as used by Dynamic Tuning (Eq. 3), with no norm before it: s (ReLU(x W_down + b_down)
 * W_up + b_up). W_up and the biases start at zero, so a new adapter adds nothing.
 * x: [..., C] -> [..., C].
 */
export function adapter(x: Tensor, weights: Weights, options: AdapterOptions): Tensor {
  const { bottleneck, adapterScale, learnableScale = false, dropout } = options
  const width = Number(x.shape.at(-1))
  const hidden = relu(linearLayer(x, weights.at('down_proj'), bottleneck, { weight: kaimingUniform }))
  const kept = dropout === undefined ? hidden : mul(hidden, dropout)
  const up = weights.at('up_proj')
  const [weight, bias] = [up.get('weight', [width, bottleneck], zeros), up.get('bias', [width], zeros)]
  if (learnableScale) return scaled(linear(kept, weight, bias), weights, options)
  // Scales the small weights rather than the many tokens; for frozen weights this happens only once.
  const scaling = (tensor: Tensor): Tensor => (adapterScale === 1 ? tensor : mul(tensor, adapterScale))
  return linear(kept, scaling(weight), scaling(bias))
}

/** The output of an adapter times its scale. */
export function scaled(
  output: Tensor,
  weights: Weights,
  { adapterScale, learnableScale = false }: AdapterOptions,
): Tensor {
  if (learnableScale) return mul(output, weights.get('scale', [1], filledWith(adapterScale)))
  return adapterScale === 1 ? output : mul(output, adapterScale)
}
