import {
  add,
  cast,
  concat,
  type Dim,
  div,
  equal,
  expandLike,
  gelu,
  logSoftmax,
  mul,
  reduceMean,
  reduceSum,
  reshape,
  slice,
  type Tensor,
} from '@dynamic-tuning/engine'
import { layerNorm } from '../nn/layer-norm.ts'
import { linearLayer } from '../nn/linear.ts'
import type { Weights } from '../nn/weight-store.ts'

/**
 * DynamicViT's predictor (arXiv:2106.02034, Eq. 1-4): of the features GELU(W LN(z)), one half is local to
 * each token, the other half is replaced by its mean over the tokens still kept. Three more linear maps
 * compute log(keep) and log(drop).
 * z: [B, n, D], kept: [B, n] (default: all) -> [B, n, 2].
 */
export function predictKeeping(z: Tensor, kept: Tensor | undefined, weights: Weights): Tensor {
  const [batch, tokens, width] = z.shape as [Dim, number, number]
  const half = width / 2
  const inner = gelu(linearLayer(layerNorm(z, weights.at('norm'), 1e-5), weights.at('fc_in'), width))
  const [own, shared] = [slice(inner, 2, 0, half), slice(inner, 2, half, width)]
  const everywhere = expandLike(meanOfKept(shared, kept, [batch, tokens, 1]), own)
  const first = gelu(linearLayer(concat([own, everywhere], 2), weights.at('fc_mid'), half))
  const second = gelu(linearLayer(first, weights.at('fc_mid2'), half / 2))
  return logSoftmax(linearLayer(second, weights.at('fc_out'), 2), -1)
}

/** Mean over the kept tokens, [B, 1, C]; 0 if there are none. */
function meanOfKept(x: Tensor, kept: Tensor | undefined, column: readonly Dim[]): Tensor {
  if (kept === undefined) return reduceMean(x, { axes: [1], keepDims: true })
  const mask = reshape(kept, column)
  return div(
    reduceSum(mul(x, mask), { axes: [1], keepDims: true }),
    atLeastOne(reduceSum(mask, { axes: [1], keepDims: true })),
  )
}

/** A count, or a share of one, that is safe to divide by: 1 instead of 0. */
export function atLeastOne(count: Tensor): Tensor {
  return add(count, cast(equal(count, 0), count.dtype))
}
