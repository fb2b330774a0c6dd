import type { SwinConfig } from './swin-config.ts'

/** Sizes of the published models: embedDim, depths, numHeads. */
const sizes: Readonly<Record<string, readonly [number, readonly number[], readonly number[]]>> = {
  tiny: [96, [2, 2, 6, 2], [3, 6, 12, 24]],
  small: [96, [2, 2, 18, 2], [3, 6, 12, 24]],
  base: [128, [2, 2, 18, 2], [4, 8, 16, 32]],
}

/** Pattern of the names, for messages. */
export const swinNamesShown = 'swin_{tiny|small|base}_patch4_window{7|12}_{S}'

/**
 * Settings of a Swin by timm's name, ignoring a tag after a dot; undefined for other names. Sizes
 * are not checked.
 */
export function swinNamed(name: string): SwinConfig | undefined {
  const [untagged = ''] = name.split('.')
  const [, size = '', patch, window, side] =
    /^swin_([a-z]+)_patch(\d+)_window(\d+)_(\d+)$/.exec(untagged) ?? []
  const known = sizes[size]
  if (known === undefined) return undefined
  const [embedDim, depths, numHeads] = known
  return {
    family: 'swin',
    imageSize: [Number(side), Number(side)],
    patchSize: Number(patch),
    embedDim,
    depths,
    numHeads,
    windowSize: Number(window),
    mlpRatio: 4,
    layerNormEps: 1e-5,
    qkvBias: true,
  }
}
