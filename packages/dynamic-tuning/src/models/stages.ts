import type { Tensor } from '@dynamic-tuning/engine'

/** Outputs of a backbone for I images. A layer has N patch tokens after P others, with C features. */
export interface BackboneStages {
  /** [I, N, C] before class token, registers and positions. */
  readonly patchEmbed: Tensor
  /** Input of the first layer, [I, P + N, C]. */
  readonly embed: Tensor
  /** Output of each layer, [I, P + N, C]. */
  readonly blocks: readonly Tensor[]
  /** Output of patch merging for each stage but the first, [I, N, C]; empty for a ViT. */
  readonly downsamples: readonly Tensor[]
  /** Output of the backbone before the final norm, [I, P + N, C]. */
  readonly last: Tensor
  /** The final norm, [I, P + N, C] to the same; the same tensor always gives the same node. */
  norm(tokens: Tensor): Tensor
}
