import { abs, add, exp, log, mul, neg, type Tensor } from '@dynamic-tuning/engine'

/** ln(1 + e^x) for any x; with |x| / 2 instead of a maximum, its slope at 0 is 1 / 2. */
export function softplus(x: Tensor): Tensor {
  const size = abs(x)
  return add(mul(add(x, size), 0.5), log(add(exp(neg(size)), 1)))
}
