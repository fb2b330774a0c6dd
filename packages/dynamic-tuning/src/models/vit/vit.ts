import { add, concat, expandLike, slice, type Tensor } from '@dynamic-tuning/engine'
import { truncatedNormal } from '../../nn/initializers.ts'
import { layerNorm } from '../../nn/layer-norm.ts'
import { layerScale } from '../../nn/layer-scale.ts'
import { patchEmbed } from '../../nn/patch-embed.ts'
import { selfAttention } from '../../nn/self-attention.ts'
import type { Weights } from '../../nn/weight-store.ts'
import { block, mlpPart, once } from '../block.ts'
import type { AttentionPart, ModelHooks, ModelPlace, Place } from '../hooks.ts'
import { type Sites, sitesAt } from '../sites.ts'
import type { BackboneStages } from '../stages.ts'
import { type IndexOf, indexOfGrid, relativePositionBias } from './relative-positions.ts'
import { gridOf, patchCount, positionPrefix, type VitConfig, vitLayers } from './vit-config.ts'

/**
 * Vision Transformer (arXiv:2010.11929) with pre-norm layers, under timm's weight names, without its head.
 * With `hooks` a method changes tokens, layers and what is inside them. images: [I, 3, H, W], normalised.
 */
export function vit(images: Tensor, config: VitConfig, place: ModelPlace, hooks: ModelHooks): BackboneStages {
  const { root: weights } = place
  const sites = sitesAt(hooks, place)
  const patches = patchEmbed(images, weights.at('patch_embed'), config, sites.after('patch_embed'))
  const tokens = embedTokens(patches, weights, config)
  const embed = hooks.tokens?.(tokens, place) ?? tokens
  const blocks: Tensor[] = []
  const indexOf = indexOfGrid(gridOf(config))
  let x = embed
  for (const [index, sizes] of vitLayers(config).entries()) {
    x = vitBlock(x, { config, indexOf }, { ...place, index, sizes, weights: weights.at(sizes.path) }, hooks)
    blocks.push(x)
  }
  const last = hooks.leave?.(x, { embed, blocks }, place) ?? x
  const norm = once((y) => sites.normed(layerNorm(y, weights.at('norm'), config.layerNormEps), 'norm'))
  return { patchEmbed: patches, embed, blocks, downsamples: [], last, norm }
}

/**
 * Concatenates class token, registers and patches. Positions are added to class token and patches, or to
 * patches only (`noEmbedClass`); registers (arXiv:2309.16588) have none. patches: [B, N, C] -> [B, P + N, C].
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

/** What all layers share. */
interface Shared {
  readonly config: VitConfig
  readonly indexOf: IndexOf
}

/** u = x + ls1 Attn(LN1(x)), then u + ls2 MLP(LN2(u)); both factors are 1 without layer scale. */
function vitBlock(tokens: Tensor, shared: Shared, place: Place, hooks: ModelHooks): Tensor {
  const sites = sitesAt(hooks, place, place)
  const scaledMlp = (y: Tensor): Tensor => scaled(y, place.weights.at('ls2'), shared.config)
  const parts = {
    attention: attentionOf(shared, place, hooks, sites),
    mlp: mlpPart(place, hooks, sites, scaledMlp),
  }
  return block(tokens, place, parts, hooks)
}

function attentionOf(
  { config, indexOf }: Shared,
  place: Place,
  hooks: ModelHooks,
  sites: Sites,
): AttentionPart {
  const { numHeads: heads, qkvBias, layerNormEps, relativePositionBias: biased = false } = config
  const { weights, sizes } = place
  const bias = biased ? relativePositionBias(weights.at('attn'), sizes, indexOf) : undefined
  const norm = once((x) => sites.normed(layerNorm(x, weights.at('norm1'), layerNormEps), 'norm1'))
  const run: AttentionPart['run'] = (tokens, mix = hooks.attentionMix?.(place)) => {
    const options = { heads, qkvBias, mix, bias, after: sites.after('attn') }
    const attended = selfAttention(norm(tokens), weights.at('attn'), options)
    const y = scaled(attended, weights.at('ls1'), config)
    return hooks.branch?.(y, 'attn', place) ?? y
  }
  return { ...place, norm, run }
}

/** The output of a part of a layer, times its layer scale if the model has one. */
function scaled(x: Tensor, weights: Weights, { initValues }: VitConfig): Tensor {
  return initValues === undefined ? x : layerScale(x, weights, initValues)
}
