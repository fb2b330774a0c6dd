import { mul, relu, type Tensor } from '@dynamic-tuning/engine'
import { kaimingUniform, zeros } from './initializers.ts'
import { linearLayer } from './linear.ts'
import type { Weights } from './weight-store.ts'

/** Size and strength of an adapter. */
export interface AdapterOptions {
  /** Features between the two linear maps, d in the paper. */
  readonly bottleneck: number
  /** Factor s of what the adapter adds. */
  readonly adapterScale: number
  /** Factors after the ReLU while training, [B, N, d]: 0 where dropped, 1 / (1 - p) elsewhere. */
  readonly dropout?: Tensor | undefined
}

/**
 * s (ReLU(x W_down + b_down) W_up + b_up), AdaptFormer's adapter as Dynamic Tuning uses it (Eq. 3): no norm before it.
 * A new one adds nothing, W_up and the biases being zero. x: [..., C] -> [..., C].
 */
export function adapter(x: Tensor, weights: Weights, options: AdapterOptions): Tensor {
  const { bottleneck, adapterScale, dropout } = options
  const hidden = relu(linearLayer(x, weights.at('down_proj'), bottleneck, { weight: kaimingUniform }))
  const kept = dropout === undefined ? hidden : mul(hidden, dropout)
  const up = linearLayer(kept, weights.at('up_proj'), Number(x.shape.at(-1)), { weight: zeros })
  return adapterScale === 1 ? up : mul(up, adapterScale)
}
