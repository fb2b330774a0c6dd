import { dims, divideDims, reshape, ShapeError, type Tensor } from '@dynamic-tuning/engine'
import { attentivePooling } from '../../nn/attentive-pooling.ts'
import { zeros } from '../../nn/initializers.ts'
import { type Head, onlyTap } from '../head.ts'
import { type ClassifierOutputs, classifierWeights, classify } from './classify.ts'
import type { GlobalPool } from './global-pool.ts'

/** Settings of the head of a ViT for clips. */
export interface ClipHeadSettings {
  readonly classes: number
  /** T, frames of a clip. */
  readonly frames: number
  /** Heads of the attention; like `layerNormEps`, those of the backbone. */
  readonly numHeads: number
  readonly layerNormEps: number
  /** Pooling of the same backbone for images: with `avg` it has no final norm. */
  readonly globalPool: GlobalPool
}

/**
 * Classifies clips: a learned query attends to all tokens of all frames (Section 4.3 of arXiv:2403.11808).
 */
export function clipHead(settings: ClipHeadSettings): Head<ClassifierOutputs> {
  const { classes, frames, numHeads: heads, layerNormEps, globalPool } = settings
  return {
    classes,
    reads: [{ normed: globalPool !== 'avg', tokens: 'all' }],
    own: [/^query_token$/, /^attentive_blocks\./, classifierWeights],
    needsAllTokens: globalPool === 'token' ? undefined : 'takes the mean of its patches',
    build(taps, place) {
      const tokens = ofClips(onlyTap(taps).tokens, frames)
      const [, , width] = dims(tokens, 'B N C', 'clip head')
      const query = place.weights.get('query_token', [1, 1, width], zeros)
      const pooling = place.weights.at('attentive_blocks')
      return classify(attentivePooling(query, tokens, pooling, { heads, layerNormEps }), classes, place)
    },
  }
}

/** Concatenates the tokens of all frames of a clip: [B * T, N, C] -> [B, T * N, C]. */
function ofClips(tokens: Tensor, frames: number): Tensor {
  const [rows, count, width] = dims(tokens, 'B N C', 'clip head')
  const batch = divideDims(rows, frames)
  if (batch === undefined) throw new ShapeError(`clip head: ${rows} rows are no clips of ${frames} frames.`)
  return reshape(tokens, [batch, frames * count, width])
}
