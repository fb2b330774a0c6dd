import type { ReductionOptions } from './options.ts'

/** A layer that removes tokens, and the share it keeps. */
export interface KeepLayer {
  readonly layer: number
  readonly rate: number
}

/** Layers at a quarter, a half and three quarters of the depth: 3, 6 and 9 of 12. */
function usualLayers(depth: number): readonly number[] {
  return [...new Set([1, 2, 3].map((quarter) => Math.floor((quarter * depth) / 4)))]
}

/**
 * The layers that reduce, each with the share it keeps: constant for EViT, successive powers
 * for DynamicViT, or as listed.
 */
export function keepLayers(options: ReductionOptions, depth: number, how: 'same' | 'powers'): KeepLayer[] {
  const { keepRate, reductionLayers = usualLayers(depth) } = options
  return reductionLayers.map((layer, stage) => {
    if (typeof keepRate !== 'number') return { layer, rate: keepRate[stage] ?? 1 }
    return { layer, rate: how === 'same' ? keepRate : keepRate ** (stage + 1) }
  })
}
