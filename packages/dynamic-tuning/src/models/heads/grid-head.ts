import { reduceMean } from '@dynamic-tuning/engine'
import { linearLayer } from '../../nn/linear.ts'
import { type Head, onlyTap } from '../head.ts'
import { type ClassifierOutputs, classifierWeights } from './classify.ts'

/** Classifies images by the mean of all tokens, for backbones without a class token such as Swin. */
export function gridHead({ classes }: { readonly classes: number }): Head<ClassifierOutputs> {
  return {
    classes,
    reads: [{ normed: true, tokens: 'all' }],
    own: [classifierWeights],
    needsAllTokens: 'takes the mean of its patches',
    build(taps, { weights }) {
      const pooled = reduceMean(onlyTap(taps).tokens, { axes: [1] })
      return { pooled, logits: linearLayer(pooled, weights.at('head.fc'), classes) }
    },
  }
}
