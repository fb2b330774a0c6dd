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
import { type Matching, matchTokens } from './match-tokens.ts'
import { mergesPerLayer } from './merge-schedule.ts'
import { followed, mergeTokens } from './merge-tokens.ts'
import type { Reduction } from './reduction.ts'

/**
 * Token Merging (arXiv:2210.09461): between attention and MLP, every layer replaces the r most similar pairs
 * of tokens by their means, weighted by the number of patches s that each token stands for. Proportional
 * attention adds log s to the scores of each key: softmax(q k^T / sqrt(D) + log s). Nothing is learned; it is
 * intended for models trained without merging.
 */
export const tome: Reduction = {
  name: 'tome',
  summary: 'merge similar tokens in every layer; nothing to train',
  trainable: [],
  reads: ['tomeR', 'tomeSlope', 'tomeProportional', 'tomeTraining'],
  trainingMode: ({ tomeTraining }) => (tomeTraining ? 'reduce' : 'off'),
  open(options, mode, { config }) {
    const merges = mode === 'off' ? [] : mergesPerLayer(options, config.depth, patchCount(config) + 1)
    const merged: Merged = { places: new Map(), records: new Map() }
    let keys: Tensor | undefined
    return {
      ...merged,
      decisions: [],
      hooks: {
        attentionMix: () => (qkv, heads) => {
          const [query, key, value] = split(qkv, 2, 3) as [Tensor, Tensor, Tensor]
          keys = key
          const bias = options.tomeProportional && merged.sizes ? log(asRow(merged.sizes)) : undefined
          return attention(query, key, value, heads, bias)
        },
        afterAttention(x, { index }) {
          const r = merges[index] ?? 0
          if (r > 0 && keys) return mergeLayer(x, index, matchTokens(keys, config.numHeads, r), merged)
          if (merged.place) merged.places.set(index, merged.place)
          merged.records.set(`layer.${index}.size`, asRow(merged.sizes ?? onesOf(x)))
          return x
        },
      },
    }
  },
}

/** State of the merges in the layers so far. */
interface Merged {
  readonly places: Map<number, Tensor>
  readonly records: Map<string, Tensor>
  /** Number of patches that each token stands for, [B, T, 1]; absent if all are 1. */
  sizes?: Tensor
  /** Current position of each original token. */
  place?: Tensor
}

/** Merges the matched pairs of a layer's tokens: [B, T, C] -> [B, T - r, C]. */
function mergeLayer(x: Tensor, layer: number, matching: Matching, merged: Merged): Tensor {
  const { sizes } = merged
  const merge = mergeTokens(matching)
  const after = merge.sum(sizes ?? onesOf(x))
  merged.place = followed(merged.place, merge.place)
  merged.sizes = after
  const tokens = div(merge.sum(sizes ? mul(x, sizes) : x), after)
  merged.records.set(`layer.${layer}.merged_src_index`, matching.source)
  merged.records.set(`layer.${layer}.merged_dst_index`, matching.target)
  merged.records.set(`layer.${layer}.unmerged_src_index`, matching.unmerged)
  merged.records.set(`layer.${layer}.size`, asRow(after))
  merged.places.set(layer, merged.place)
  return tokens
}

/** [B, T, 1] to [B, T]. */
function asRow(sizes: Tensor): Tensor {
  return reshape(sizes, sizes.shape.slice(0, 2))
}

/** Sizes of tokens that stand only for themselves: ones [B, T, 1]. */
function onesOf(x: Tensor): Tensor {
  return expandLike(scalar(1), slice(x, 2, 0, 1))
}
