import { add, mul, reduceMean, type Tensor } from '@dynamic-tuning/engine'

/**
 * (mean M - r)^2 over images, gates and patch tokens only (Eq. 7). Every gate counts the same, so that the
 * mean is the share of MLP computation also if stages differ in their number of tokens.
 * @param rates mean of each gate, [D]
 */
export function rateLoss(rates: Tensor, rate: number): Tensor {
  const distance = add(reduceMean(rates), -rate)
  return mul(distance, distance)
}
