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
 * DynamicViT's predictor (arXiv:2106.02034, Eq. 1-4): half of the features of GELU(W LN(z)) stay a token's own, the other
 * half becomes the mean over the tokens still kept; three more maps give log(keep), log(drop). z: [B, n, D],
 * kept: [B, n], absent where all are -> [B, n, 2].
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

/** Mean over the tokens that are kept, [B, 1, C]; 0 where none is. */
function meanOfKept(x: Tensor, kept: Tensor | undefined, column: readonly Dim[]): Tensor {
  if (kept === undefined) return reduceMean(x, { axes: [1], keepDims: true })
  const mask = reshape(kept, column)
  return div(
    reduceSum(mul(x, mask), { axes: [1], keepDims: true }),
    atLeastOne(reduceSum(mask, { axes: [1], keepDims: true })),
  )
}

/** A count to divide by: 1 instead of 0. */
export function atLeastOne(count: Tensor): Tensor {
  return add(count, cast(equal(count, 0), count.dtype))
}
