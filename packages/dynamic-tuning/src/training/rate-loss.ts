import { add, mul, reduceMean, type Tensor } from '@dynamic-tuning/engine'

/**
 * (mean M - r)^2 over images, gates and patch tokens alone (Eq. 7): the mean of the gates' own means, so that where stages
 * have different numbers of tokens the mean stands for the share of MLPs that is computed. rates: those means, [D].
 */
export function rateLoss(rates: Tensor, rate: number): Tensor {
  const distance = add(reduceMean(rates), -rate)
  return mul(distance, distance)
}
