import { add, concat, expandLike, reduceMean, reshape, slice, type Tensor } from '@dynamic-tuning/engine'
import { truncatedNormal } from '../nn/initializers.ts'
import { layerNorm } from '../nn/layer-norm.ts'
import { linearLayer } from '../nn/linear.ts'
import { mlp } from '../nn/mlp.ts'
import { patchEmbed } from '../nn/patch-embed.ts'
import { selfAttention } from '../nn/self-attention.ts'
import type { Weights } from '../nn/weight-store.ts'
import type { AttentionPart, MlpPart, ModelHooks, Place } from './hooks.ts'
import { hiddenFeatures, patchCount, type VitConfig } from './vit-config.ts'

/** Every stage of a ViT by name. N patch tokens, C features, K classes. */
export interface VitOutputs {
  /** [B, N, C] before class token and positions. */
  readonly patchEmbed: Tensor
  /** [B, N + 1, C] after both. */
  readonly embed: Tensor
  /** [B, N + 1, C] after each layer. */
  readonly blocks: readonly Tensor[]
  /** [B, N + 1, C]: after the final norm, or the last layer unchanged with average pooling. */
  readonly features: Tensor
  /** [B, C], what enters the head. */
  readonly pooled: Tensor
  /** [B, K] */
  readonly logits: Tensor
}

/**
 * Vision Transformer (arXiv:2010.11929) with pre-norm layers, under timm's weight names.
 * images: [B, 3, H, W], normalised. `hooks` let a method change tokens or layers.
 */
export function vit(images: Tensor, weights: Weights, config: VitConfig, hooks: ModelHooks = {}): VitOutputs {
  const patches = patchEmbed(images, weights.at('patch_embed'), config.patchSize, config.embedDim)
  const embed = embedTokens(patches, weights, config)
  const blocks: Tensor[] = []
  let x = hooks.tokens?.(embed) ?? embed
  for (let index = 0; index < config.depth; index++) {
    const place = { index, weights: weights.at(`blocks.${index}`), config }
    x = block(hooks.beforeLayer?.(x, place, weights) ?? x, place, hooks)
    blocks.push(x)
  }
  const { features, pooled } = pool(x, weights, config)
  const head = weights.at('head')
  const logits = linearLayer(pooled, head, config.numClasses, { weight: truncatedNormal(0.01) })
  return { patchEmbed: patches, embed, blocks, features, pooled, logits }
}

function embedTokens(patches: Tensor, weights: Weights, config: VitConfig): Tensor {
  const width = config.embedDim
  const classToken = weights.get('cls_token', [1, 1, width], truncatedNormal(1e-6))
  const positions = weights.get('pos_embed', [1, patchCount(config) + 1, width], truncatedNormal(0.02))
  const repeated = expandLike(classToken, slice(patches, 1, 0, 1))
  return add(concat([repeated, patches], 1), positions)
}

/** u = x + Attn(LN1(x)), then u + MLP(LN2(u)). */
function block(x: Tensor, place: Place, hooks: ModelHooks): Tensor {
  const { weights, config } = place
  const attention = { ...place, run: attentionOf(place, hooks) }
  const mlpPart = { ...place, run: mlpOf(weights, config) }
  if (hooks.layer) return hooks.layer(x, { ...place, attention, mlp: mlpPart })
  const attended = hooks.attention?.(x, attention) ?? add(x, attention.run(x))
  const u = hooks.afterAttention?.(attended, place) ?? attended
  return hooks.mlp?.(u, mlpPart) ?? add(u, mlpPart.run(u))
}

function attentionOf(place: Place, hooks: ModelHooks): AttentionPart['run'] {
  const { weights, config } = place
  const { numHeads: heads, qkvBias, layerNormEps } = config
  return (tokens, mix = hooks.attentionMix?.(place)) => {
    const normed = layerNorm(tokens, weights.at('norm1'), layerNormEps)
    return selfAttention(normed, weights.at('attn'), { heads, qkvBias, mix })
  }
}

function mlpOf(weights: Weights, config: VitConfig): MlpPart['run'] {
  return (tokens) => {
    const normed = layerNorm(tokens, weights.at('norm2'), config.layerNormEps)
    return mlp(normed, weights.at('mlp'), hiddenFeatures(config))
  }
}

function pool(x: Tensor, weights: Weights, config: VitConfig): { features: Tensor; pooled: Tensor } {
  const { layerNormEps, globalPool, embedDim } = config
  if (globalPool === 'avg') {
    const mean = reduceMean(slice(x, 1, 1, Number(x.shape[1])), { axes: [1] })
    return { features: x, pooled: layerNorm(mean, weights.at('fc_norm'), layerNormEps) }
  }
  const features = layerNorm(x, weights.at('norm'), layerNormEps)
  const first = slice(features, 1, 0, 1)
  return { features, pooled: reshape(first, [x.shape[0] as string | number, embedDim]) }
}
