/** Names of all reductions. */
export const reductionNames = ['none', 'tome', 'evit', 'dynamicvit'] as const

/** How a model gets along with fewer tokens from layer to layer; each reduction reads what it needs. */
export interface ReductionOptions {
  readonly reduction: (typeof reductionNames)[number]
  /** ToMe's r, tokens merged in every layer, or a list with a number for each (missing ones are 0). */
  readonly tomeR: number | readonly number[]
  /** w of a single r: -1 falls from 2r to 0 over the layers, 1 rises, 0 is constant. */
  readonly tomeSlope: number
  /** Whether a merged token counts as many times in attention as it has parts: for models trained without merging. */
  readonly tomeProportional: boolean
  /** Whether tokens are merged in training as well. */
  readonly tomeTraining: boolean
  /**
   * Share of tokens kept. EViT: of those present, at each of its layers. DynamicViT: of the image's patches, its powers at one
   * layer after the other. A list has the share of each layer as it is.
   */
  readonly keepRate: number | readonly number[]
  /** Layers at which EViT and DynamicViT reduce, from 0; absent: a quarter, a half and three quarters up. */
  readonly reductionLayers?: readonly number[] | undefined
  /** Whether EViT keeps the sum of what it leaves out as one more token. */
  readonly evitFuse: boolean
}

/** No reduction, and what the others take where nothing is said. */
export const noReduction: ReductionOptions = {
  reduction: 'none',
  tomeR: 8,
  tomeSlope: 0,
  tomeProportional: true,
  tomeTraining: false,
  keepRate: 0.7,
  reductionLayers: undefined,
  evitFuse: true,
}

/** Settings as asked for: those left out, or undefined, are the usual ones. */
export type GivenReduction = { readonly [K in keyof ReductionOptions]?: ReductionOptions[K] | undefined }

/** All options from those that are given; anything else among `given` is left aside. */
export function reductionOptions(given: GivenReduction = {}): ReductionOptions {
  const known = Object.keys(noReduction).map((name) => [name, given[name as keyof ReductionOptions]] as const)
  return { ...noReduction, ...Object.fromEntries(known.filter(([, value]) => value !== undefined)) }
}
