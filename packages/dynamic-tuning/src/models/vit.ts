import { add, concat, expandLike, reduceMean, reshape, slice, type Tensor } from '@dynamic-tuning/engine'
import { truncatedNormal } from '../nn/initializers.ts'
import { layerNorm } from '../nn/layer-norm.ts'
import { layerScale } from '../nn/layer-scale.ts'
import { linearLayer } from '../nn/linear.ts'
import { patchEmbed } from '../nn/patch-embed.ts'
import { selfAttention } from '../nn/self-attention.ts'
import type { Weights } from '../nn/weight-store.ts'
import { block, mlpPart, once } from './block.ts'
import type { AttentionPart, ModelHooks, ModelOutputs, ModelPlace, Place } from './hooks.ts'
import type { LayerSizes } from './layer-sizes.ts'
import { type Sites, sitesAt } from './sites.ts'
import { patchCount, positionPrefix, prefixTokens, type VitConfig, vitLayers } from './vit-config.ts'

/** Every stage of a ViT by name. N patch tokens after P others (`prefixTokens`), C features, K classes. */
export interface VitOutputs extends ModelOutputs {
  /** [B, N, C] before class token, registers and positions. */
  readonly patchEmbed: Tensor
  /** [B, P + N, C] with them: class token, registers, patches. */
  readonly embed: Tensor
  /** [B, P + N, C] after each layer. */
  readonly blocks: readonly Tensor[]
  /** [B, P + N, C]: after the final norm, or the last layer unchanged with average pooling. */
  readonly features: Tensor
  /** [B, C] or [B, 2C] (`token+avg`), what enters the head. */
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
  const sizes = vitLayers(config)
  let x = entering
  for (let index = 0; index < config.depth; index++) {
    const own = sizes[index] as LayerSizes
    x = vitBlock(x, { ...place, index, sizes: own, weights: weights.at(own.path) }, hooks)
    blocks.push(x)
  }
  const { features, pooled } = pool(
    hooks.leave?.(x, { embed: entering, blocks }, place) ?? x,
    weights,
    config,
    sites,
  )
  const head = weights.at('head')
  const logits = linearLayer(pooled, head, config.numClasses, { weight: truncatedNormal(0.01) })
  return { patchEmbed: patches, embed, blocks, features, pooled, logits }
}

/**
 * Class token, registers and patches. Positions are added to class token and patches, or to patches alone
 * (`noEmbedClass`); registers (arXiv:2309.16588) have none. patches: [B, N, C] -> [B, P + N, C].
 */
function embedTokens(patches: Tensor, weights: Weights, config: VitConfig): Tensor {
  const { embedDim: width, noEmbedClass = false, regTokens = 0 } = config
  const count = patchCount(config)
  const onePerImage = slice(patches, 1, 0, 1)
  const token = weights.get('cls_token', [1, 1, width], truncatedNormal(1e-6))
  const classToken = expandLike(token, onePerImage)
  const positions = weights.get(
    'pos_embed',
    [1, positionPrefix(config) + count, width],
    truncatedNormal(0.02),
  )
  const embedded = noEmbedClass
    ? concat([classToken, add(patches, positions)], 1)
    : add(concat([classToken, patches], 1), positions)
  if (regTokens === 0) return embedded
  const registers = weights.get('reg_token', [1, regTokens, width], truncatedNormal(1e-6))
  const repeated = Array.from({ length: regTokens }, (_, i) =>
    expandLike(slice(registers, 1, i, i + 1), onePerImage),
  )
  return concat([slice(embedded, 1, 0, 1), ...repeated, slice(embedded, 1, 1, count + 1)], 1)
}

/** u = x + ls1 Attn(LN1(x)), then u + ls2 MLP(LN2(u)); both factors are 1 without layer scale. */
function vitBlock(tokens: Tensor, place: Place, hooks: ModelHooks): Tensor {
  const sites = sitesAt(hooks, place, place)
  const scaledMlp = (y: Tensor): Tensor => scaled(y, place.weights.at('ls2'), place.config as VitConfig)
  const parts = { attention: attentionOf(place, hooks, sites), mlp: mlpPart(place, hooks, sites, scaledMlp) }
  return block(tokens, place, parts, hooks)
}

function attentionOf(place: Place, hooks: ModelHooks, sites: Sites): AttentionPart {
  const config = place.config as VitConfig
  const { numHeads: heads, qkvBias, layerNormEps } = config
  const { weights } = place
  const norm = once((x) => sites.normed(layerNorm(x, weights.at('norm1'), layerNormEps), 'norm1'))
  const run: AttentionPart['run'] = (tokens, mix = hooks.attentionMix?.(place)) => {
    const options = { heads, qkvBias, mix, after: sites.after('attn') }
    const attended = selfAttention(norm(tokens), weights.at('attn'), options)
    const y = scaled(attended, weights.at('ls1'), config)
    return hooks.branch?.(y, 'attn', place) ?? y
  }
  return { ...place, norm, run }
}

/** What a part of a layer gives, times its layer scale where the model has one. */
function scaled(x: Tensor, weights: Weights, { initValues }: VitConfig): Tensor {
  return initValues === undefined ? x : layerScale(x, weights, initValues)
}

function pool(
  x: Tensor,
  weights: Weights,
  config: VitConfig,
  sites: Sites,
): { features: Tensor; pooled: Tensor } {
  const { layerNormEps, globalPool, embedDim } = config
  const meanOfPatches = (tokens: Tensor): Tensor =>
    reduceMean(slice(tokens, 1, prefixTokens(config), Number(tokens.shape[1])), { axes: [1] })
  if (globalPool === 'avg') {
    const normed = layerNorm(meanOfPatches(x), weights.at('fc_norm'), layerNormEps)
    return { features: x, pooled: sites.normed(normed, 'fc_norm') }
  }
  const features = sites.normed(layerNorm(x, weights.at('norm'), layerNormEps), 'norm')
  const first = reshape(slice(features, 1, 0, 1), [x.shape[0] as string | number, embedDim])
  const pooled = globalPool === 'token' ? first : concat([first, meanOfPatches(features)], 1)
  return { features, pooled }
}
