import {
  add,
  cast,
  greater,
  mul,
  reshape,
  sigmoid,
  slice,
  straightThrough,
  type Tensor,
} from '@dynamic-tuning/engine'
import { linearLayer } from '../nn/linear.ts'
import type { Weights } from '../nn/weight-store.ts'
import type { Dispatch, Pass } from './tuner.ts'

/** A layer's decisions: over patch tokens [B, N], and the bare logits of all tokens [B, N + 1], class token first. */
export interface Decision extends Dispatch {
  readonly allLogits: Tensor
}

/**
 * Token dispatcher (Eq. 4): logit = x W_g + b_g; active where sigmoid(logit) > 0.5. In training the gate is a
 * Gumbel-sigmoid S = sigmoid((logit + G1 - G2) / tau), hard forward and soft backward (straight-through).
 * x: [B, N + 1, C], class token first; `pass.noise`: G1 - G2, [L, B, N, 1].
 */
export function dispatchTokens(
  x: Tensor,
  weights: Weights,
  pass: Pass,
  layer: { readonly index: number; readonly temperature: number },
): Decision {
  const [batch, tokens] = x.shape as [string, number]
  const allLogits = reshape(linearLayer(x, weights.at('mlp_token_select.mlp_head'), 1), [batch, tokens])
  const logits = slice(allLogits, 1, 1, tokens)
  if (pass.kind !== 'train')
    return { allLogits, logits, soft: sigmoid(logits), mask: cast(greater(logits, 0), 'float32') }
  const noise = slice(pass.noise, 0, layer.index, layer.index + 1)
  const noisy = add(logits, reshape(noise, [batch, tokens - 1]))
  const soft = sigmoid(mul(noisy, 1 / layer.temperature))
  const mask = straightThrough(cast(greater(noisy, 0), 'float32'), soft)
  return { allLogits, logits, soft, mask }
}
