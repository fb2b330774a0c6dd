import { add, mul, type Tensor } from '@dynamic-tuning/engine'

/**
 * (mean M - r)^2 (Eq. 7).
 * @param mean mean M over images, gates and patch tokens, []; every gate counts the same, so that it is the
 * share of MLP computation also if stages differ in their number of tokens
 */
export function rateLoss(mean: Tensor, rate: number): Tensor {
  const distance = add(mean, -rate)
  return mul(distance, distance)
}
