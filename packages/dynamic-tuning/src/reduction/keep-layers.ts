import type { ReductionOptions } from './options.ts'

/** A layer at which tokens are left out, and the share it keeps. */
export interface KeepLayer {
  readonly layer: number
  readonly rate: number
}

/** A quarter, a half and three quarters up: 3, 6 and 9 of 12 layers. */
function usualLayers(depth: number): readonly number[] {
  return [...new Set([1, 2, 3].map((quarter) => Math.floor((quarter * depth) / 4)))]
}

/** Layers that reduce, with the share each keeps: the same one for EViT, growing powers for DynamicViT, or as listed. */
export function keepLayers(options: ReductionOptions, depth: number, how: 'same' | 'powers'): KeepLayer[] {
  const { keepRate, reductionLayers = usualLayers(depth) } = options
  return reductionLayers.map((layer, stage) => {
    if (typeof keepRate !== 'number') return { layer, rate: keepRate[stage] ?? 1 }
    return { layer, rate: how === 'same' ? keepRate : keepRate ** (stage + 1) }
  })
}
