import { ConfigError } from '../../errors.ts'
import type { VitModelConfig } from '../model-config.ts'
import { gatedMlp } from './gated-mlp.ts'
import { checkVitConfig, type VitConfig } from './vit-config.ts'

/** Sizes of the published models: embedDim, depth, numHeads. */
const sizes: Readonly<Record<string, readonly [number, number, number]>> = {
  tiny: [192, 12, 3],
  small: [384, 12, 6],
  base: [768, 12, 12],
  large: [1024, 24, 16],
}

/** Heads of the published models with this width and depth; undefined for other sizes. */
export function publishedHeads(embedDim: number, depth: number): number | undefined {
  return Object.values(sizes).find(([width, layers]) => width === embedDim && layers === depth)?.[2]
}

/** Models whose names share a pattern. */
interface Family {
  /** Captures the size, the patch and, unless `pixels` gives it, the image side. */
  readonly name: RegExp
  /** Pattern of the names, for messages. */
  readonly shown: string
  readonly pixels?: number
  readonly settings?: Pick<VitConfig, 'initValues' | 'regTokens' | 'noEmbedClass'>
}

// As in timm's vision_transformer.py and deit.py; DINOv2 takes images of 37 x 37 patches.
const families: readonly Family[] = [
  {
    name: /^vit_(tiny|small|base|large)_patch(\d+)_(\d+)$/,
    shown: 'vit_{tiny|small|base|large}_patch{P}_{S}',
  },
  {
    name: /^deit_(tiny|small|base)_patch(16)_(224|384)$/,
    shown: 'deit_{tiny|small|base}_patch16_{224|384}',
  },
  {
    name: /^deit3_(small|base|large)_patch(16)_(224|384)$/,
    shown: 'deit3_{small|base|large}_patch16_{224|384}',
    settings: { initValues: 1e-6, noEmbedClass: true },
  },
  {
    name: /^vit_(small|base|large)_patch(14)_dinov2$/,
    shown: 'vit_{small|base|large}_patch14_dinov2',
    pixels: 518,
    settings: { initValues: 1e-5 },
  },
  {
    name: /^vit_(small|base|large)_patch(14)_reg4_dinov2$/,
    shown: 'vit_{small|base|large}_patch14_reg4_dinov2',
    pixels: 518,
    settings: { initValues: 1e-5, regTokens: 4, noEmbedClass: true },
  },
]

/** Patterns of the names, for messages. */
export const vitNamesShown: string = families.map(({ shown }) => shown).join(', ')

/**
 * Settings of a ViT by timm's name, ignoring a tag after a dot (`.augreg_in21k`); undefined for unknown
 * names. Sizes are not checked. @throws ConfigError for a model with gated MLPs
 */
export function vitNamed(name: string): VitConfig | undefined {
  const [untagged = ''] = name.split('.')
  if (/^vit_giant_patch14_(reg4_)?dinov2$/.test(untagged)) throw gatedMlp(`model ${name}`)
  for (const { name: pattern, pixels, settings } of families) {
    const [, size = '', patch, side = pixels] = pattern.exec(untagged) ?? []
    const known = sizes[size]
    if (known === undefined) continue
    const [embedDim, depth, numHeads] = known
    const usual = { mlpRatio: 4, layerNormEps: 1e-6, qkvBias: true } as const
    const imageSize = [Number(side), Number(side)] as const
    return { ...usual, imageSize, patchSize: Number(patch), embedDim, depth, numHeads, ...settings }
  }
  return undefined
}

/**
 * Settings of a ViT by timm's name, ignoring a tag after a dot: `vit_{tiny|small|base|large}_patch{P}_{S}`
 * for any P that divides S, `deit_{tiny|small|base}_patch16_{224|384}`,
 * `deit3_{small|base|large}_patch16_{224|384}`, `vit_{small|base|large}_patch14[_reg4]_dinov2`.
 * @throws ConfigError for other names
 */
export function vitConfig(name: string, numClasses = 1000): VitModelConfig {
  const named = vitNamed(name)
  if (named === undefined)
    throw new ConfigError(`model: unknown name ${name}. Use ${vitNamesShown}, builtin, or a path.`)
  return checkVitConfig({ ...named, globalPool: 'token', numClasses })
}
