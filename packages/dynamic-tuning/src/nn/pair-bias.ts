import type { Tensor } from '@dynamic-tuning/engine'

/** A bias of the scores of attention that depends on the places of query and key. */
export interface PairBias {
  /** For T tokens, all of an image in order: [heads, T, T], query first. */
  all(tokens: number): Tensor
  /**
   * For M of the T tokens of each image, which are other ones in each: [B, heads, M, M].
   * @param places numbers of the tokens, int64 [B, M]
   */
  among(places: Tensor, tokens: number): Tensor
}
