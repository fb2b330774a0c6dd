import { attention, input } from '@dynamic-tuning/engine'
import { patchCount, prefixTokens, type VitConfig } from '../../models/vit-config.ts'
import { layerNorm } from '../../nn/layer-norm.ts'
import { linearLayer } from '../../nn/linear.ts'
import { WeightStore } from '../../nn/weight-store.ts'
import { countCost } from '../count-cost.ts'

/**
 * Multiply-accumulates of the paper's head for video: one learned query attends to all tokens of all frames, then a linear
 * classifier. Query, keys and values have a norm of their own.
 */
export function videoHeadCost(config: VitConfig, frames: number): number {
  const { embedDim, layerNormEps, numHeads, numClasses } = config
  const weights = new WeightStore({ trainable: [/./] })
  const projected = (name: string, tokens: number) => {
    const x = layerNorm(input(name, [1, tokens, embedDim]), weights.at(`norm_${name}`), layerNormEps)
    return linearLayer(x, weights.at(name), embedDim)
  }
  const tokens = frames * (prefixTokens(config) + patchCount(config))
  const pooled = attention(projected('q', 1), projected('k', tokens), projected('v', tokens), numHeads)
  const logits = linearLayer(
    linearLayer(pooled, weights.at('proj'), embedDim),
    weights.at('head'),
    numClasses,
  )
  return countCost([logits]).total
}
