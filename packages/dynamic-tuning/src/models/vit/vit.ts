import { add, concat, expandLike, slice, type Tensor } from '@dynamic-tuning/engine'
import { truncatedNormal } from '../../nn/initializers.ts'
import { layerNorm } from '../../nn/layer-norm.ts'
import { layerScale } from '../../nn/layer-scale.ts'
import { linearLayer } from '../../nn/linear.ts'
import { patchEmbed } from '../../nn/patch-embed.ts'
import { selfAttention } from '../../nn/self-attention.ts'
import type { Weights } from '../../nn/weight-store.ts'
import { block, mlpPart, once } from '../block.ts'
import { headOf } from '../heads/registry.ts'
import type { AttentionPart, ModelHooks, ModelOutputs, ModelPlace, Place } from '../hooks.ts'
import type { LayerSizes } from '../layer-sizes.ts'
import { type Sites, sitesAt } from '../sites.ts'
import { patchCount, positionPrefix, type VitConfig, vitLayers } from './vit-config.ts'

/** What a ViT makes of I images, stage by stage. N patch tokens after P others (`prefixTokens`), C features. */
export interface BackboneOutputs {
  /** [I, N, C] before class token, registers and positions. */
  readonly patchEmbed: Tensor
  /** [I, P + N, C] with them: class token, registers, patches. */
  readonly embed: Tensor
  /** [I, P + N, C] after each layer. */
  readonly blocks: readonly Tensor[]
  /** [I, P + N, C]: after the final norm, or the last layer unchanged with average pooling. */
  readonly features: Tensor
}

/** Every stage of a ViT with its head by name: I = B images, or B * T frames of B clips; K classes. */
export interface VitOutputs extends BackboneOutputs, ModelOutputs {
  /** [B, C] or [B, 2C] (`token+avg`), what enters the head. */
  readonly pooled: Tensor
  /** [B, K] */
  readonly logits: Tensor
}

/**
 * Vision Transformer (arXiv:2010.11929) with pre-norm layers, under timm's weight names, that classifies images, or clips
 * where `config` has frames. samples: [B, 3, H, W] or [B, 3, T, H, W], normalised. `hooks` let a method change tokens, layers
 * and what is inside them.
 */
export function vit(
  samples: Tensor,
  weights: Weights,
  config: VitConfig,
  hooks: ModelHooks = {},
): VitOutputs {
  const place: ModelPlace = { root: weights, config }
  const head = headOf(config)
  const stages = vitBackbone(head.images(samples, config), weights, config, hooks)
  const pooled = head.pool(stages.features, place, sitesAt(hooks, place))
  const logits = linearLayer(pooled, weights.at('head'), config.numClasses, {
    weight: truncatedNormal(0.01),
  })
  return { ...stages, pooled, logits }
}

/** The ViT below its head. images: [I, 3, H, W], normalised. */
export function vitBackbone(
  images: Tensor,
  weights: Weights,
  config: VitConfig,
  hooks: ModelHooks = {},
): BackboneOutputs {
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
  const leaving = hooks.leave?.(x, { embed: entering, blocks }, place) ?? x
  const normed = (): Tensor =>
    sites.normed(layerNorm(leaving, weights.at('norm'), config.layerNormEps), 'norm')
  return { patchEmbed: patches, embed, blocks, features: config.globalPool === 'avg' ? leaving : normed() }
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
