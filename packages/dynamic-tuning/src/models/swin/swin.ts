import type { Tensor } from '@dynamic-tuning/engine'
import { layerNorm } from '../../nn/layer-norm.ts'
import { patchEmbed } from '../../nn/patch-embed.ts'
import { patchMerging } from '../../nn/patch-merging.ts'
import type { Weights } from '../../nn/weight-store.ts'
import { block, mlpPart, once } from '../block.ts'
import type { AttentionPart, ModelHooks, ModelPlace, Place } from '../hooks.ts'
import { type Sites, sitesAt } from '../sites.ts'
import type { BackboneStages } from '../stages.ts'
import { type SwinConfig, type SwinStage, swinLayers, swinStages } from './swin-config.ts'
import { planWindows, type WindowPlan, windowAttention } from './window-attention.ts'

/**
 * Swin Transformer (arXiv:2103.14030) under timm's weight names, without its head: stages of blocks with
 * attention inside windows, shifted by half a window in every other block, and patch merging between stages.
 * Tokens are those of the grid, row by row; there is no class token. images: [I, 3, H, W], normalised.
 * `hooks` as in a ViT.
 */
export function swin(
  images: Tensor,
  config: SwinConfig,
  place: ModelPlace,
  hooks: ModelHooks,
): BackboneStages {
  const { root: weights } = place
  const sites = sitesAt(hooks, place)
  const patches = embedPatches(images, weights, config, sites)
  const embed = hooks.tokens?.(patches, place) ?? patches
  const layers = swinLayers(config)
  const [blocks, downsamples]: [Tensor[], Tensor[]] = [[], []]
  let x = embed
  let before: SwinStage | undefined
  for (const stage of swinStages(config)) {
    if (before) {
      x = merge(x, before, { config, place, sites })
      downsamples.push(x)
    }
    const plain = planWindows({ ...stage, shift: [0, 0] })
    const shifted = planWindows(stage)
    for (const [i, sizes] of layers.slice(blocks.length, blocks.length + stage.depth).entries()) {
      const at: Place = { ...place, index: blocks.length, sizes, weights: weights.at(sizes.path) }
      x = swinBlock(x, at, i % 2 === 0 ? plain : shifted, hooks)
      blocks.push(x)
    }
    before = stage
  }
  const last = hooks.leave?.(x, { embed, blocks }, place) ?? x
  const norm = once((y) => sites.normed(layerNorm(y, weights.at('norm'), config.layerNormEps), 'norm'))
  return { patchEmbed: patches, embed, blocks, downsamples, last, norm }
}

function embedPatches(images: Tensor, weights: Weights, config: SwinConfig, sites: Sites): Tensor {
  const own = weights.at('patch_embed')
  const patches = patchEmbed(images, own, config, sites.after('patch_embed'))
  return sites.normed(layerNorm(patches, own.at('norm'), config.layerNormEps), 'patch_embed.norm')
}

/** Patch merging: the input of the next stage from the output of `stage`. */
function merge(
  x: Tensor,
  { index, grid }: SwinStage,
  { config, place, sites }: { config: SwinConfig; place: ModelPlace; sites: Sites },
): Tensor {
  const name = `layers.${index + 1}.downsample`
  return patchMerging(x, place.root.at(name), {
    grid,
    epsilon: config.layerNormEps,
    bias: config.reductionBias,
    normed: (y) => sites.normed(y, `${name}.norm`),
    after: sites.after(name),
  })
}

function swinBlock(x: Tensor, place: Place, windows: WindowPlan, hooks: ModelHooks): Tensor {
  const sites = sitesAt(hooks, place, place)
  const parts = { attention: attentionOf(place, windows, hooks, sites), mlp: mlpPart(place, hooks, sites) }
  return block(x, place, parts, hooks)
}

function attentionOf(place: Place, windows: WindowPlan, hooks: ModelHooks, sites: Sites): AttentionPart {
  const { weights, config, sizes } = place
  const norm = once((x) => sites.normed(layerNorm(x, weights.at('norm1'), config.layerNormEps), 'norm1'))
  const run: AttentionPart['run'] = (tokens) => {
    const options = { heads: sizes.heads, qkvBias: config.qkvBias, after: sites.after('attn') }
    const y = windowAttention(norm(tokens), weights.at('attn'), windows, options)
    return hooks.branch?.(y, 'attn', place) ?? y
  }
  return { ...place, norm, run }
}
