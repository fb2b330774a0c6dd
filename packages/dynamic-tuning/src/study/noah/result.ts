/** What a search found; the measure of the winner on `images` validation images is there too, such as `validationMeanIou`. */
export interface NoahSearchResult {
  readonly run: string
  readonly finished: true
  /** Sizes of the winner, a size for every layer. */
  readonly visualPromptDim: readonly number[]
  readonly loraDim: readonly number[]
  readonly adapterDim: readonly number[]
  /** Parameters of the winner, the head excluded, and the most it was allowed to have. */
  readonly parameters: number
  readonly limit: number
  /** Of the winner with the super-network's weights. */
  readonly validationLoss: number
  readonly images: number
  /** Sub-networks that were evaluated. */
  readonly candidates: number
  /** The settings with which `finetune` trains the winner. */
  readonly settingsFile: string
  readonly seed: number
}

/** How a search stands that was stopped. */
export interface NoahSearchStopped {
  readonly run: string
  readonly finished: false
  /** Steps of the super-network, and sub-networks evaluated. */
  readonly steps: number
  readonly candidates: number
}
