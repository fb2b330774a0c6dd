import {
  attention,
  div,
  expandLike,
  log,
  mul,
  reshape,
  scalar,
  slice,
  split,
  type Tensor,
} from '@dynamic-tuning/engine'
import { patchCount } from '../models/vit/vit-config.ts'
import { matchTokens } from './match-tokens.ts'
import { mergesPerLayer } from './merge-schedule.ts'
import { followed, mergeTokens } from './merge-tokens.ts'
import type { Reduction } from './reduction.ts'

/**
 * Token Merging (arXiv:2210.09461): between attention and MLP of every layer the r most similar pairs of tokens become their
 * means, weighted by how many patches each stands for. Proportional attention adds the logarithm of that number to the
 * scores of a key: softmax(q k^T / sqrt(D) + log s). Nothing is learned; it is meant for models trained without it.
 */
export const tome: Reduction = {
  name: 'tome',
  summary: 'merge similar tokens in every layer; nothing to train',
  trainable: [],
  reads: ['tomeR', 'tomeSlope', 'tomeProportional', 'tomeTraining'],
  trainingMode: ({ tomeTraining }) => (tomeTraining ? 'reduce' : 'off'),
  open(options, mode, config) {
    const places = new Map<number, Tensor>()
    const records = new Map<string, Tensor>()
    const merges = mode === 'off' ? [] : mergesPerLayer(options, config.depth, patchCount(config) + 1)
    let keys: Tensor | undefined
    let sizes: Tensor | undefined
    let place: Tensor | undefined
    return {
      places,
      records,
      decisions: [],
      hooks: {
        attentionMix: () => (qkv, heads) => {
          const [query, key, value] = split(qkv, 2, 3) as [Tensor, Tensor, Tensor]
          keys = key
          const bias = options.tomeProportional && sizes ? log(asRow(sizes)) : undefined
          return attention(query, key, value, heads, bias)
        },
        afterAttention(x, { index }) {
          const r = merges[index] ?? 0
          if (r > 0) {
            const matching = matchTokens(keys as Tensor, config.numHeads, r)
            const merge = mergeTokens(matching)
            const before = sizes ?? onesOf(x)
            const after = merge.sum(before)
            place = followed(place, merge.place)
            const merged = div(merge.sum(sizes ? mul(x, before) : x), after)
            sizes = after
            records.set(`layer.${index}.merged_src_index`, matching.source)
            records.set(`layer.${index}.merged_dst_index`, matching.target)
            records.set(`layer.${index}.unmerged_src_index`, matching.unmerged)
            records.set(`layer.${index}.size`, asRow(after))
            places.set(index, place)
            return merged
          }
          if (place) places.set(index, place)
          records.set(`layer.${index}.size`, asRow(sizes ?? onesOf(x)))
          return x
        },
      },
    }
  },
}

/** [B, T, 1] to [B, T]. */
function asRow(sizes: Tensor): Tensor {
  return reshape(sizes, sizes.shape.slice(0, 2))
}

/** Each token stands for itself: [B, T, 1]. */
function onesOf(x: Tensor): Tensor {
  return expandLike(scalar(1), slice(x, 2, 0, 1))
}
