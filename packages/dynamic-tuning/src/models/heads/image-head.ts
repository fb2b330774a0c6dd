import { concat, dims, reduceMean, reshape, type Tensor } from '@dynamic-tuning/engine'
import { layerNorm } from '../../nn/layer-norm.ts'
import type { Head, HeadPlace, Tapped } from '../head.ts'
import type { Tap } from '../taps.ts'
import { type ClassifierOutputs, classifierWeights, classify } from './classify.ts'
import type { GlobalPool } from './global-pool.ts'

/** Settings of the head of a ViT for images. */
export interface ImageHeadSettings {
  readonly classes: number
  readonly globalPool: GlobalPool
  /** Epsilon of `fc_norm`, if the head has one. */
  readonly epsilon: number
}

const classToken: Tap = { normed: true, tokens: 'class' }
const patches: Tap = { normed: true, tokens: 'patches' }
const reads: Readonly<Record<GlobalPool, readonly Tap[]>> = {
  token: [classToken],
  avg: [{ ...patches, normed: false }],
  'token+avg': [classToken, patches],
}

/** Classifies images by the class token of a ViT, the mean of its patches, or both: see `globalPool`. */
export function imageHead({ classes, globalPool, epsilon }: ImageHeadSettings): Head<ClassifierOutputs> {
  return {
    classes,
    reads: reads[globalPool],
    own: [classifierWeights],
    needsAllTokens: globalPool === 'token' ? undefined : 'takes the mean of its patches',
    build(taps, place) {
      const pooled = taps.map(pool).reduce((all, each) => concat([all, each], 1))
      return classify(globalPool === 'avg' ? normed(pooled, epsilon, place) : pooled, classes, place)
    },
  }
}

/** The class token [B, 1, C], or the mean of the patches [B, N, C]: [B, C]. */
function pool({ tap, tokens }: Tapped): Tensor {
  if (tap.tokens !== 'class') return reduceMean(tokens, { axes: [1] })
  const [batch, , width] = dims(tokens, 'B 1 C', 'class token')
  return reshape(tokens, [batch, width])
}

function normed(pooled: Tensor, epsilon: number, { weights, sites }: HeadPlace): Tensor {
  return sites.normed(layerNorm(pooled, weights.at('fc_norm'), epsilon), 'fc_norm')
}
