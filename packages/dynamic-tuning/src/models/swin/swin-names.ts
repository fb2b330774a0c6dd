import type { SwinConfig } from './swin-config.ts'

/** Sizes of the usual models: embedDim, depths, numHeads. */
const sizes: Readonly<Record<string, readonly [number, readonly number[], readonly number[]]>> = {
  tiny: [96, [2, 2, 6, 2], [3, 6, 12, 24]],
  small: [96, [2, 2, 18, 2], [3, 6, 12, 24]],
  base: [128, [2, 2, 18, 2], [4, 8, 16, 32]],
}

/** How messages write the names. */
export const swinNamesShown = 'swin_{tiny|small|base}_patch4_window{7|12}_{S}'

/** What timm's name of a Swin says, a tag after a dot left out; undefined for other names. Sizes are not yet checked. */
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
