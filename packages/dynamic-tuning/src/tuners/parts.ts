/** What a dispatcher or an adapter belongs to: the attention, the MLP, or the whole layer. */
export type Part = 'attn' | 'mlp' | 'layer'

/**
 * What tokens may skip: nothing, the MLP, the attention, both with separate dispatchers, or the whole layer.
 */
export const dispatchVariants = ['none', 'mlp', 'attention', 'attention-mlp', 'layer'] as const

/** Parts of a layer that each variant dispatches, in execution order (Section 3.3 of the paper). */
export const dispatchedParts = {
  none: [],
  mlp: ['mlp'],
  attention: ['attn'],
  'attention-mlp': ['attn', 'mlp'],
  layer: ['layer'],
} as const satisfies Readonly<Record<(typeof dispatchVariants)[number], readonly Part[]>>

/** One dispatcher of a model. */
export interface Site {
  readonly layer: number
  readonly part: Part
}

/** All dispatchers of a model of `depth` layers, layer by layer, attention before MLP. */
export function dispatchSites(
  options: {
    readonly dispatch: keyof typeof dispatchedParts
    readonly dispatchLayers?: readonly number[] | undefined
  },
  depth: number,
): readonly Site[] {
  const parts = dispatchedParts[options.dispatch]
  return Array.from({ length: depth }, (_, layer) => layer)
    .filter((layer) => options.dispatchLayers?.includes(layer) ?? true)
    .flatMap((layer) => parts.map((part) => ({ layer, part })))
}
