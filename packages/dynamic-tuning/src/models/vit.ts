import { add, concat, expandLike, reduceMean, reshape, slice, type Tensor } from '@dynamic-tuning/engine'
import { truncatedNormal } from '../nn/initializers.ts'
import { layerNorm } from '../nn/layer-norm.ts'
import { linearLayer } from '../nn/linear.ts'
import { mlp } from '../nn/mlp.ts'
import { patchEmbed } from '../nn/patch-embed.ts'
import { selfAttention } from '../nn/self-attention.ts'
import type { Weights } from '../nn/weight-store.ts'
import type { AttentionPart, MlpPart, ModelHooks, ModelPlace, Place } from './hooks.ts'
import { type Sites, sitesAt } from './sites.ts'
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
 * images: [B, 3, H, W], normalised. `hooks` let a method change tokens, layers and what is inside them.
 */
export function vit(images: Tensor, weights: Weights, config: VitConfig, hooks: ModelHooks = {}): VitOutputs {
  const place: ModelPlace = { root: weights, config }
  const sites = sitesAt(hooks, place)
  const patches = patchEmbed(images, weights.at('patch_embed'), config, sites.after('patch_embed'))
  const embed = embedTokens(patches, weights, config)
  const entering = hooks.tokens?.(embed, place) ?? embed
  const blocks: Tensor[] = []
  let x = entering
  for (let index = 0; index < config.depth; index++) {
    x = block(x, { ...place, index, weights: weights.at(`blocks.${index}`) }, hooks)
    blocks.push(x)
  }
  const { features, pooled } = pool(hooks.leave?.(x, { embed: entering, blocks }, place) ?? x, place, sites)
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
function block(tokens: Tensor, place: Place, hooks: ModelHooks): Tensor {
  const x = hooks.enter?.(tokens, place) ?? tokens
  const sites = sitesAt(hooks, place, place.index)
  const attention = attentionOf(place, hooks, sites)
  const mlpPart = mlpOf(place, hooks, sites)
  if (hooks.layer) return hooks.layer(x, { ...place, attention, mlp: mlpPart, norm: attention.norm })
  const u = hooks.attention?.(x, attention) ?? add(x, attention.run(x))
  return hooks.mlp?.(u, mlpPart) ?? add(u, mlpPart.run(u))
}

function attentionOf(place: Place, hooks: ModelHooks, sites: Sites): AttentionPart {
  const { numHeads: heads, qkvBias, layerNormEps } = place.config
  const { weights } = place
  const norm = once((x) => sites.normed(layerNorm(x, weights.at('norm1'), layerNormEps), 'norm1'))
  const run: AttentionPart['run'] = (tokens, mix) => {
    const options = { heads, qkvBias, mix, after: sites.after('attn') }
    const attended = selfAttention(norm(tokens), weights.at('attn'), options)
    return hooks.branch?.(attended, 'attn', place) ?? attended
  }
  return { ...place, norm, run }
}

function mlpOf(place: Place, hooks: ModelHooks, sites: Sites): MlpPart {
  const { config, weights } = place
  const norm = once((x) => sites.normed(layerNorm(x, weights.at('norm2'), config.layerNormEps), 'norm2'))
  const run: MlpPart['run'] = (tokens) => {
    const y = mlp(norm(tokens), weights.at('mlp'), hiddenFeatures(config), sites.after('mlp'))
    return hooks.branch?.(y, 'mlp', place) ?? y
  }
  return { ...place, norm, run }
}

/** `compute`, the same node each time it is asked about the same tensor. */
function once(compute: (x: Tensor) => Tensor): (x: Tensor) => Tensor {
  const made = new Map<Tensor, Tensor>()
  return (x) => {
    const y = made.get(x) ?? compute(x)
    made.set(x, y)
    return y
  }
}

function pool(
  x: Tensor,
  { root: weights, config }: ModelPlace,
  sites: Sites,
): { features: Tensor; pooled: Tensor } {
  const { layerNormEps, globalPool, embedDim } = config
  if (globalPool === 'avg') {
    const mean = reduceMean(slice(x, 1, 1, Number(x.shape[1])), { axes: [1] })
    const normed = layerNorm(mean, weights.at('fc_norm'), layerNormEps)
    return { features: x, pooled: sites.normed(normed, 'fc_norm') }
  }
  const features = sites.normed(layerNorm(x, weights.at('norm'), layerNormEps), 'norm')
  const first = slice(features, 1, 0, 1)
  return { features, pooled: reshape(first, [x.shape[0] as string | number, embedDim]) }
}
