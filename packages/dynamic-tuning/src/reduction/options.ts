/** Names of all reductions. */
export const reductionNames = ['none', 'tome', 'evit', 'dynamicvit'] as const

/** Settings of token reduction; each reduction reads those it needs. */
export interface ReductionOptions {
  readonly reduction: (typeof reductionNames)[number]
  /**
   * ToMe's r, the number of tokens merged in every layer, or a list with one number per
   * layer (0 for missing entries).
   */
  readonly tomeR: number | readonly number[]
  /** w, the slope for a single r: -1 falls from 2r to 0 over the layers, 1 rises, 0 is constant. */
  readonly tomeSlope: number
  /** True if attention counts a merged token as often as it has parts: for models trained without merging. */
  readonly tomeProportional: boolean
  /** True to merge tokens in training too. */
  readonly tomeTraining: boolean
  /**
   * Share of tokens kept. EViT: of the tokens present, at each reducing layer. DynamicViT: of the
   * image's patches, keepRate^1, keepRate^2, ... at successive reducing layers. A list gives the
   * share of each layer directly.
   */
  readonly keepRate: number | readonly number[]
  /**
   * Layers at which EViT and DynamicViT reduce, from 0. Default: those at a quarter, a half and
   * three quarters of the depth.
   */
  readonly reductionLayers?: readonly number[] | undefined
  /** True if EViT fuses the removed tokens into one additional token. */
  readonly evitFuse: boolean
}

/** No reduction, and the defaults of all other settings. */
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

/** Settings as given by the user: defaults replace missing or undefined ones. */
export type GivenReduction = { readonly [K in keyof ReductionOptions]?: ReductionOptions[K] | undefined }

/** Completes the given settings with defaults; ignores properties that are not settings of a reduction. */
export function reductionOptions(given: GivenReduction = {}): ReductionOptions {
  const known = Object.keys(noReduction).map((name) => [name, given[name as keyof ReductionOptions]] as const)
  return { ...noReduction, ...Object.fromEntries(known.filter(([, value]) => value !== undefined)) }
}
