/**
 * Result of a search. It also has the winner's measure on `images` validation images, such as
 * `validationMeanIou`.
 */
export interface NoahSearchResult {
  readonly run: string
  readonly finished: true
  /** Absent for the first task. */
  readonly task?: string
  /** Sizes of the winner, a size for every layer. */
  readonly visualPromptDim: readonly number[]
  readonly loraDim: readonly number[]
  readonly adapterDim: readonly number[]
  /** Parameters of the winner without the head, and the limit. */
  readonly parameters: number
  readonly limit: number
  /** Loss of the winner with the super-network's weights. */
  readonly validationLoss: number
  readonly images: number
  /** Sub-networks that were evaluated. */
  readonly candidates: number
  /** File with the settings for training the winner with `finetune`. */
  readonly settingsFile: string
  readonly seed: number
}

/** State of a stopped search. */
export interface NoahSearchStopped {
  readonly run: string
  readonly finished: false
  /** Training steps of the super-network, and number of evaluated sub-networks. */
  readonly steps: number
  readonly candidates: number
}
