import type { Tensor } from '@dynamic-tuning/engine'
import { truncatedNormal } from '../../nn/initializers.ts'
import { linearLayer } from '../../nn/linear.ts'
import type { HeadPlace } from '../head.ts'

/** Outputs of a classifying head: the input of its linear map [B, F], and the logits [B, K]. */
export type ClassifierOutputs = { readonly pooled: Tensor; readonly logits: Tensor }

/** Weights of a linear classifier. */
export const classifierWeights = /^head(?:\.|$)/

/** The linear classifier `head` of a ViT. pooled: [B, F] -> [B, K]. */
export function classify(pooled: Tensor, classes: number, { weights }: HeadPlace): ClassifierOutputs {
  const logits = linearLayer(pooled, weights.at('head'), classes, { weight: truncatedNormal(0.01) })
  return { pooled, logits }
}
