import {
  concat,
  type Dim,
  gatherBatched,
  matMul,
  mul,
  reshape,
  scalar,
  slice,
  sub,
  type Tensor,
  topK,
} from '@dynamic-tuning/engine'
import { mixTokens } from '../nn/self-attention.ts'
import { classAttention } from './class-attention.ts'
import { keepLayers } from './keep-layers.ts'
import { flagsOf } from './match-tokens.ts'
import type { Reduction } from './reduction.ts'

/**
 * EViT (arXiv:2202.07800): some layers keep the n = ceil(k (T - 1)) tokens with the largest attention a of
 * the class token, in descending order of a. The others are fused into one token, sum_j a_j x_j, placed last.
 * Training uses the given rates; `shrinkingStages` lets them fall.
 */
export const evit: Reduction = {
  name: 'evit',
  summary: 'keep the tokens that the class token looks at, fuse the others into one',
  trainable: [],
  reads: ['keepRate', 'reductionLayers', 'evitFuse'],
  trainingMode: () => 'reduce',
  open(options, mode, { config }) {
    const records = new Map<string, Tensor>()
    const layers = mode === 'off' ? [] : keepLayers(options, config.depth, 'same')
    const reducing = layers.filter(({ rate }) => rate < 1)
    const rates = new Map(reducing.map(({ layer, rate }) => [layer, rate]))
    let importance: Tensor | undefined
    return {
      records,
      places: new Map(),
      decisions: [],
      hooks: {
        attentionMix({ index }) {
          if (!rates.has(index)) return undefined
          return (qkv, heads) => {
            importance = classAttention(qkv, heads)
            return mixTokens(qkv, heads)
          }
        },
        afterAttention(x, { index }) {
          const others = Number(x.shape[1]) - 1
          const count = Math.ceil((rates.get(index) ?? 1) * others)
          if (importance === undefined || !rates.has(index)) return x
          records.set(`layer.${index}.class_attention`, importance)
          if (count >= others) return x
          const { indices } = topK(importance, count)
          records.set(`layer.${index}.kept_index`, indices)
          return attentive(x, importance, indices, options.evitFuse)
        },
      },
    }
  },
}

/**
 * The class token, the kept tokens and, with `fuse`, the weighted sum of the others.
 * x: [B, T, C], kept: int64 [B, n].
 */
function attentive(x: Tensor, importance: Tensor, kept: Tensor, fuse: boolean): Tensor {
  const [batch, tokens] = x.shape as [Dim, number]
  const patches = slice(x, 1, 1, tokens)
  const parts = [slice(x, 1, 0, 1), gatherBatched(patches, kept)]
  if (fuse) {
    const left = mul(importance, sub(scalar(1), flagsOf(kept, tokens - 1)))
    parts.push(matMul(reshape(left, [batch, 1, tokens - 1]), patches))
  }
  return concat(parts, 1)
}
