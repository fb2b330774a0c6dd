import type { Tensor } from '@dynamic-tuning/engine'

/** What a backbone makes of I images. N patch tokens after P others, C features, both those of the layer. */
export interface BackboneStages {
  /** [I, N, C] before class token, registers and positions. */
  readonly patchEmbed: Tensor
  /** What enters the first layer, [I, P + N, C]. */
  readonly embed: Tensor
  /** [I, P + N, C] after each layer. */
  readonly blocks: readonly Tensor[]
  /** What patch merging gives to each stage but the first, [I, N, C]; none in a ViT. */
  readonly downsamples: readonly Tensor[]
  /** What leaves the backbone, [I, P + N, C], before the final norm. */
  readonly last: Tensor
  /** The final norm, [I, P + N, C] to the same: one node however often it is asked for. */
  norm(tokens: Tensor): Tensor
}
