import type { GroupOf } from './groups.ts'

/** How the learning rate decreases towards the first layers. */
export interface LayerDecaySettings {
  /** Factor from each layer to the one before, such as 0.65. */
  readonly decay: number
  /** Number of layers of the backbone. */
  readonly depth: number
  /** The layer of a weight, 0 .. `depth` + 1. Default: that of a ViT's weight. */
  readonly layerOf?: (name: string, depth: number) => number
}

/**
 * Layer-wise rates as in BEiT (arXiv:2106.08254): factor = decay^(depth + 1 - layer). The head
 * (layer depth + 1) learns at the full rate.
 */
export function layerDecay({ decay, depth, layerOf = vitLayerOf }: LayerDecaySettings): GroupOf {
  return (name) => ({ rateFactor: decay ** (depth + 1 - layerOf(name, depth)), decays: true })
}

/** Embeddings and tokens are layer 0, block i is layer i + 1, and everything after the blocks `depth` + 1. */
export function vitLayerOf(name: string, depth: number): number {
  const [, block] = /^blocks\.(\d+)\./.exec(name) ?? []
  if (block !== undefined) return Number(block) + 1
  return /^(?:patch_embed\.|cls_token$|reg_token$|pos_embed$|mask_token$|norm_pre\.)/.test(name)
    ? 0
    : depth + 1
}
