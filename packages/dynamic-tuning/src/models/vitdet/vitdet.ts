import { add, dims, reshape, slice, type Tensor, transpose } from '@dynamic-tuning/engine'
import { truncatedNormal } from '../../nn/initializers.ts'
import { layerNorm } from '../../nn/layer-norm.ts'
import { patchEmbed } from '../../nn/patch-embed.ts'
import { selfAttention } from '../../nn/self-attention.ts'
import type { Weights } from '../../nn/weight-store.ts'
import { block, mlpPart, once } from '../block.ts'
import type { AttentionPart, ModelHooks, ModelPlace, Place } from '../hooks.ts'
import { type Sites, sitesAt } from '../sites.ts'
import type { BackboneStages } from '../stages.ts'
import { plainTaps } from '../vit/position-embedding.ts'
import { decomposedMix } from './decomposed-positions.ts'
import { cutWindows, joinWindows } from './grid-windows.ts'
import { resampleRows } from './resample.ts'
import { type VitdetConfig, vitdetGrid, vitdetLayers } from './vitdet-config.ts'

/**
 * The ViT of ViTDet (arXiv:2203.16527) under timm's weight names, without its pyramid: no class token, no
 * final norm, attention in windows in most blocks and among all tokens in the others, decomposed relative
 * positions in all. images: [I, 3, H, W], normalised. `hooks` as in a ViT.
 */
export function vitdet(
  images: Tensor,
  config: VitdetConfig,
  place: ModelPlace,
  hooks: ModelHooks,
): BackboneStages {
  const { root: weights } = place
  const sites = sitesAt(hooks, place)
  const patches = patchEmbed(images, weights.at('patch_embed'), config, sites.after('patch_embed'))
  const tokens = add(patches, positions(weights, config))
  const embed = hooks.tokens?.(tokens, place) ?? tokens
  const blocks: Tensor[] = []
  let x = embed
  for (const [index, sizes] of vitdetLayers(config).entries()) {
    const at: Place = { ...place, index, sizes, weights: weights.at(sizes.path) }
    const own = sitesAt(hooks, at, at)
    const parts = { attention: attentionOf(config, at, hooks, own), mlp: mlpPart(at, hooks, own) }
    x = block(x, at, parts, hooks)
    blocks.push(x)
  }
  const last = hooks.leave?.(x, { embed, blocks }, place) ?? x
  return { patchEmbed: patches, embed, blocks, downsamples: [], last, norm: (y) => y }
}

/**
 * The stored `pos_embed` [1, 1 + n * m, C] without the row of the class token, resized to the grid of the
 * image by the plain bicubic kernel: [1, N, C].
 */
function positions(weights: Weights, config: VitdetConfig): Tensor {
  const { embedDim: width, positionGrid: stored } = config
  const [n, m] = stored
  const [rows, columns] = vitdetGrid(config)
  const all = weights.get('pos_embed', [1, 1 + n * m, width], truncatedNormal(0.02))
  const own = slice(all, 1, 1, 1 + n * m)
  if (n === rows && m === columns) return own
  const tall = resampleRows(reshape(own, [n, m * width]), plainTaps(n, rows))
  const turned = reshape(transpose(reshape(tall, [rows, m, width]), [1, 0, 2]), [m, rows * width])
  const wide = resampleRows(turned, plainTaps(m, columns))
  const map = transpose(reshape(wide, [columns, rows, width]), [1, 0, 2])
  return reshape(map, [1, rows * columns, width])
}

function attentionOf(config: VitdetConfig, place: Place, hooks: ModelHooks, sites: Sites): AttentionPart {
  const { weights, sizes, index } = place
  const { windowSize: side, globalBlocks, relativeGrid = sizes.grid } = config
  const whole = globalBlocks.includes(index)
  const norm = once((x) => sites.normed(layerNorm(x, weights.at('norm1'), config.layerNormEps), 'norm1'))
  const own = weights.at('attn')
  const mix = whole
    ? decomposedMix(own, sizes.grid, relativeGrid)
    : decomposedMix(own, [side, side], [side, side])
  const options = { heads: sizes.heads, qkvBias: config.qkvBias, mix, after: sites.after('attn') }
  const run: AttentionPart['run'] = (tokens) => {
    const x = norm(tokens)
    // Padding comes after the norm: padded tokens are zeros that take part as keys and values.
    const y = whole
      ? selfAttention(x, own, options)
      : joinWindows(
          selfAttention(cutWindows(x, sizes.grid, side), own, options),
          dims(x, '_ N C', 'vitdet')[0],
          sizes.grid,
          side,
        )
    return hooks.branch?.(y, 'attn', place) ?? y
  }
  return { ...place, norm, run }
}
