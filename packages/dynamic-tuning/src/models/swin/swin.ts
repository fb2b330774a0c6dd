import type { Tensor } from '@dynamic-tuning/engine'
import { layerNorm } from '../../nn/layer-norm.ts'
import { linearLayer } from '../../nn/linear.ts'
import { patchEmbed } from '../../nn/patch-embed.ts'
import { patchMerging } from '../../nn/patch-merging.ts'
import type { Weights } from '../../nn/weight-store.ts'
import { block, mlpPart, once } from '../block.ts'
import { headOf } from '../heads/registry.ts'
import type { AttentionPart, ModelHooks, ModelOutputs, ModelPlace, Place } from '../hooks.ts'
import type { LayerSizes } from '../layer-sizes.ts'
import { type Sites, sitesAt } from '../sites.ts'
import { type SwinConfig, type SwinStage, swinLayers, swinStages } from './swin-config.ts'
import { planWindows, type WindowPlan, windowAttention } from './window-attention.ts'

/** Every stage of a Swin by name. N tokens and C features at that place, K classes. */
export interface SwinOutputs extends ModelOutputs {
  /** [B, N, C] after its norm. */
  readonly patchEmbed: Tensor
  /** What patch merging gives to each stage but the first, [B, N, C]. */
  readonly downsamples: readonly Tensor[]
  /** [B, N, C] after each block, all stages one after another. */
  readonly blocks: readonly Tensor[]
}

/**
 * Swin Transformer (arXiv:2103.14030) under timm's weight names: stages of blocks whose attention works in windows, every
 * other block's shifted by half a window, patches merged between stages. Tokens are those of the grid, row by row; there
 * is no class token, the mean of all tokens is classified. images: [B, 3, H, W], normalised. `hooks` as in a ViT.
 */
export function swin(
  images: Tensor,
  weights: Weights,
  config: SwinConfig,
  hooks: ModelHooks = {},
): SwinOutputs {
  const place: ModelPlace = { root: weights, config }
  const sites = sitesAt(hooks, place)
  const patches = embedPatches(images, weights, config, sites)
  const entering = hooks.tokens?.(patches, place) ?? patches
  const [sizes, stages] = [swinLayers(config), swinStages(config)]
  const [blocks, downsamples]: [Tensor[], Tensor[]] = [[], []]
  let x = entering
  for (const stage of stages) {
    if (stage.index > 0) {
      x = merge(x, stages[stage.index - 1] as SwinStage, place, sites)
      downsamples.push(x)
    }
    const plans = [[0, 0] as const, stage.shift].map((shift) => planWindows({ ...stage, shift }))
    for (let i = 0; i < stage.depth; i++) {
      const index = blocks.length
      const own = sizes[index] as LayerSizes
      const at: Place = { ...place, index, sizes: own, weights: weights.at(own.path) }
      x = swinBlock(x, at, plans[i % 2] as WindowPlan, hooks)
      blocks.push(x)
    }
  }
  const last = hooks.leave?.(x, { embed: entering, blocks }, place) ?? x
  const features = sites.normed(layerNorm(last, weights.at('norm'), config.layerNormEps), 'norm')
  const pooled = headOf(config).pool(features, place, sites)
  const logits = linearLayer(pooled, weights.at('head.fc'), config.numClasses)
  return { patchEmbed: patches, downsamples, blocks, features, pooled, logits }
}

function embedPatches(images: Tensor, weights: Weights, config: SwinConfig, sites: Sites): Tensor {
  const own = weights.at('patch_embed')
  const patches = patchEmbed(images, own, config, sites.after('patch_embed'))
  return sites.normed(layerNorm(patches, own.at('norm'), config.layerNormEps), 'patch_embed.norm')
}

/** The tokens of the next stage from those of `stage`. */
function merge(x: Tensor, { index, grid }: SwinStage, { root, config }: ModelPlace, sites: Sites): Tensor {
  const name = `layers.${index + 1}.downsample`
  return patchMerging(x, root.at(name), {
    grid,
    epsilon: config.layerNormEps,
    bias: (config as SwinConfig).reductionBias,
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
