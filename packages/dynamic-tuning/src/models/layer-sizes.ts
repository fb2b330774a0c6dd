/** Sizes of one layer of a model; they differ between layers if the model has stages. */
export interface LayerSizes {
  /** Path of its weights: `blocks.3`, `layers.2.blocks.0`. */
  readonly path: string
  /** C, features of a token. */
  readonly width: number
  /** Features inside the MLP. */
  readonly hidden: number
  readonly heads: number
  /** Rows and columns of patch tokens. */
  readonly grid: readonly [number, number]
  /** P, tokens before the patches (class token, registers), which are always active. */
  readonly prefix: number
}

/** A linear map or norm outside the layers: its name, output features, and whether it has a bias. */
export interface OuterSite {
  readonly name: string
  readonly features: number
  readonly bias: boolean
}

/** Number of tokens of a layer without prompts: P + rows * columns. */
export function tokensIn({ grid, prefix }: LayerSizes): number {
  return prefix + grid[0] * grid[1]
}

/** N, the number of patch tokens of a layer. */
export function patchesIn({ grid }: LayerSizes): number {
  return grid[0] * grid[1]
}
