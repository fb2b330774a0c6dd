import {
  add,
  cast,
  concat,
  type Dim,
  expandLike,
  gatherBatched,
  greater,
  input,
  mul,
  reshape,
  scalar,
  sigmoid,
  slice,
  straightThrough,
  sub,
  type Tensor,
  topK,
} from '@dynamic-tuning/engine'
import { imageRows } from '../models/samples/sample-layout.ts'
import { patchCount } from '../models/vit/vit-config.ts'
import { type AttentionMix, mixTokens } from '../nn/self-attention.ts'
import { type KeepLayer, keepLayers } from './keep-layers.ts'
import { flagsOf } from './match-tokens.ts'
import { policyAttention } from './policy-attention.ts'
import { predictKeeping } from './predictor.ts'
import type { KeepDecision, Reduction } from './reduction.ts'

/**
 * DynamicViT (arXiv:2106.02034): in some layers a small predictor scores the patch tokens. Inference
 * keeps the int(N rate) best of them, best first. Training keeps all tokens in the sequence, but
 * attention sees only those marked as kept (`policyAttention`); the mark is drawn with Gumbel noise on
 * the two log-probabilities (straight-through). Training needs the graph input `noise`: G1 - G2 for
 * each predictor, [S, B, N, 1].
 */
export const dynamicvit: Reduction = {
  name: 'dynamicvit',
  summary: 'predictors score tokens and the best stay; trained with a policy',
  trainable: [/^predictor\./],
  reads: ['keepRate', 'reductionLayers'],
  trainingMode: () => 'train',
  open(options, mode, { config, sample }) {
    const records = new Map<string, Tensor>()
    const decisions: KeepDecision[] = []
    const stages = mode === 'off' ? [] : keepLayers(options, config.depth, 'powers')
    const patches = patchCount(config)
    const noise =
      mode === 'train' ? input('noise', [stages.length, imageRows(sample, 'B'), patches, 1]) : undefined
    let kept: Tensor | undefined
    const mix: AttentionMix | undefined =
      mode === 'train'
        ? (qkv, heads) => policyAttention(qkv, heads, kept && withClassToken(kept))
        : (qkv, heads) => mixTokens(qkv, heads, kept && { active: greater(withClassToken(kept), 0.5) })
    return {
      records,
      decisions,
      places: new Map(),
      hooks: {
        ...(mode !== 'off' && { attentionMix: () => mix }),
        enter(x, { index, root }) {
          const stage = stages.findIndex(({ layer }) => layer === index)
          if (stage < 0) return x
          const { rate } = stages[stage] as KeepLayer
          const tokens = Number(x.shape[1])
          const scores = predictKeeping(slice(x, 1, 1, tokens), kept, root.at(`predictor.${stage}`))
          records.set(`predictor.${stage}.log_probabilities`, scores)
          if (noise) {
            kept = drawn(scores, slice(noise, 0, stage, stage + 1), kept)
            decisions.push({ layer: index, rate, keep: kept })
            return x
          }
          const best = bestOf(scores, kept, Math.min(tokens - 1, Math.trunc(patches * rate)))
          records.set(`predictor.${stage}.kept_index`, best)
          if (mode === 'reduce')
            return concat([slice(x, 1, 0, 1), gatherBatched(slice(x, 1, 1, tokens), best)], 1)
          kept = flagsOf(best, tokens - 1)
          return x
        },
      },
    }
  },
}

/** Puts a 1 for the class token before [B, N]. */
function withClassToken(kept: Tensor): Tensor {
  return concat([expandLike(scalar(1), slice(kept, 1, 0, 1)), kept], 1)
}

/** Tokens kept before and now, [B, N]: keep or drop, drawn with noise; hard forward, soft backward. */
function drawn(scores: Tensor, noise: Tensor, before: Tensor | undefined): Tensor {
  const noisy = add(difference(scores), reshape(noise, scores.shape.slice(0, 2)))
  const hard = cast(greater(noisy, 0), 'float32')
  const now = straightThrough(hard, sigmoid(noisy))
  return before === undefined ? now : mul(before, now)
}

/** log(keep) - log(drop): [B, N, 2] to [B, N]. */
function difference(scores: Tensor): Tensor {
  return sub(channel(scores, 0), channel(scores, 1))
}

function channel(scores: Tensor, which: number): Tensor {
  const [batch, tokens] = scores.shape as [Dim, number]
  return reshape(slice(scores, 2, which, which + 1), [batch, tokens])
}

/** Subtracted from scores of tokens already dropped: far below any log-probability. */
const dropped = 1e9

/**
 * Positions of the `count` tokens with the largest log(keep) among those still kept,
 * best first: int64 [B, count].
 */
function bestOf(scores: Tensor, kept: Tensor | undefined, count: number): Tensor {
  const keeping = channel(scores, 0)
  const open = kept === undefined ? keeping : sub(keeping, mul(sub(scalar(1), kept), dropped))
  return topK(open, count).indices
}
